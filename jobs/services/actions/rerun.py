"""Rerun: launch a settled job again, as a new one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from jobs import about, access, parameters, registry
from jobs.errors import InvalidParams, InvalidTransition, ParamError
from jobs.models import SETTLED, Job, JobQuerySet
from jobs.services.actions.action import Acted, Action
from jobs.services.caller import Caller, visible
from jobs.services.submission import Launch, Submitted, new_job, submission_of


def rerun(
    caller: Caller,
    job_id: UUID,
    overrides: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    idempotency_key: str | None = None,
) -> Submitted:
    """Launch a settled job again as a new one, with its params updated by `overrides`.

    Without a `name` it has that of the job.
    A secret that is sent masked, as it is shown, keeps its value. Another account that changes
    parameters has to enter the secrets again. A known key replays its job.
    Raises: Job.DoesNotExist; InvalidTransition while the job is active; what `submit` raises.
    """
    job = visible(caller, job_id)
    if not job.is_settled:
        raise InvalidTransition(
            f"The job is {job.get_status_display().lower()}; only settled jobs run again."
        )
    launch = Launch(name or job.name, job.type, overrides or {})
    submission = submission_of(caller, idempotency_key, f"rerun {job_id}", [launch])
    if found := submission.replay():
        return Submitted(found[0], replayed=True)
    jobs, replayed = submission.accept([_new_rerun(caller, job, launch)])
    return Submitted(jobs[0], replayed)


def check_rerun(caller: Caller, job_id: UUID, overrides: Mapping[str, Any]) -> None:
    """Check a rerun without storing anything.

    Raises: what `rerun` raises about the job and its params.
    """
    job = visible(caller, job_id)
    _new_rerun(caller, job, Launch(job.name, job.type, overrides))


def _new_rerun(caller: Caller, job: Job, launch: Launch) -> Job:
    changed = {
        name: value
        for name, value in launch.params.items()
        if not _is_masked(job.type, name, value)
    }
    new = new_job(caller, replace(launch, params=changed), original=job)
    _guard_secrets(caller, job, changed)
    new.rerun_of = job
    if _may_name_object(caller, job):
        new.about_type, new.about_key = job.about_type, job.about_key
        new.about_name = job.about_name
    return new


def _may_name_object(caller: Caller, job: Job) -> bool:
    """Whether the caller launched the job, or may view the object that it is about."""
    if caller.user is None or caller.user.pk == job.created_by_id:
        return True
    reference = about.reference_in(job)
    return reference is not None and bool(about.viewable_objects(caller.user, [reference]))


def _guard_secrets(caller: Caller, job: Job, changed: Mapping[str, Any]) -> None:
    """Refuse changed params that would send another account's secret elsewhere.

    Raises: InvalidParams if another account launched the job and its secrets are not sent again.
    """
    if caller.user is None or caller.user.pk == job.created_by_id:
        return
    if not parameters.changes(registry.get(job.type), job.params, changed, caller.user):
        return
    message = "Enter it again: another account's secret is not kept when other parameters change."
    errors = [
        ParamError(name, message, "required")
        for name in registry.get(job.type).secret_fields
        if job.params.get(name) and name not in changed
    ]
    if errors:
        raise InvalidParams(errors)


def _is_masked(slug: str, name: str, value: object) -> bool:
    return value == parameters.MASK and name in registry.get(slug).secret_fields


def _rerun(caller: Caller, job_id: UUID, note: str, key: str | None) -> Acted:
    return Acted(*rerun(caller, job_id, idempotency_key=key))


def _launchable(user: Any, jobs: JobQuerySet) -> JobQuerySet:
    """The jobs of the types that exist and that `user` may launch."""
    slugs = [one.slug for one in registry.all() if access.may_launch(user, one)]
    return jobs.filter(type__in=slugs)


RERUN = Action(
    name="rerun",
    label="Launch again",
    done="launched again",
    summary="Launch a settled job again, as a new one.",
    statuses=SETTLED,
    run=_rerun,
    allowed=access.may_launch_some,
    allowed_on=access.may_launch_again,
    reachable=_launchable,
    button="Launch again",
    has_form=True,
    bulk_label="Launch many again",
    bulk_summary="Launches settled jobs that a filter matches again.",
    # Two bulk jobs that match each other would launch each other for ever.
    spares_bulk_jobs=True,
)
