"""Submits jobs: one, a batch, or a settled one again. Checks them; publication.py stores them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from jobs import parameters, registry
from jobs.errors import (
    AlreadyActive,
    InvalidBatch,
    InvalidName,
    InvalidParams,
    InvalidTransition,
    ParamError,
    Refused,
)
from jobs.models import Job
from jobs.registry import JobType
from jobs.safe_text import composed, name_error
from jobs.services.caller import Caller, check_launch, visible
from jobs.services.publication import Submission, SubmittedBatch


@dataclass(frozen=True)
class Launch:
    """What to run: a name, the slug of a type (None: the name chooses it), and params."""

    name: str = ""
    type: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


class Submitted(NamedTuple):
    """The accepted job; if `replayed`, that of an earlier submission under the same key."""

    job: Job
    replayed: bool


def submit(
    caller: Caller,
    *,
    name: str = "",
    type: str | None = None,
    params: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Submitted:
    """Accept one job: store it as PENDING, then publish it. A known key replays its job.

    Raises: UnknownJobType, NotPermitted, InvalidName, InvalidParams, AlreadyActive, KeyReused:
    nothing was stored. BrokerUnavailable, DatabaseUnavailable: no row stays, and the job never
    runs. OutcomeUnknown.
    """
    launch = Launch(name, type, params or {})
    submission = Submission(caller, idempotency_key, _digest("submit", [launch]))
    if found := submission.replay():
        return Submitted(found[0], replayed=True)
    jobs, replayed = submission.accept([_new_job(caller, launch)])
    return Submitted(jobs[0], replayed)


def submit_batch(
    caller: Caller, items: Sequence[Launch], *, idempotency_key: str | None = None
) -> SubmittedBatch:
    """Accept all items or none; the jobs have the order of the items and one batch_id.

    Raises: InvalidBatch, and what `submit` raises.
    """
    submission = Submission(caller, idempotency_key, _digest("batch", items))
    if found := submission.replay():
        return SubmittedBatch(found, replayed=True)
    return submission.accept(_new_batch(caller, items))


def rerun(
    caller: Caller,
    job_id: UUID,
    overrides: Mapping[str, Any] | None = None,
    *,
    idempotency_key: str | None = None,
) -> Submitted:
    """Launch a settled job again as a new one, with its params updated by `overrides`.

    A secret that is sent masked, as it is shown, keeps its value. Another account that changes
    parameters has to enter the secrets again. A known key replays its job.
    Raises: Job.DoesNotExist; InvalidTransition while the job is active; what `submit` raises.
    """
    job = visible(caller, job_id)
    if not job.is_settled:
        raise InvalidTransition(
            f"The job is {job.get_status_display().lower()}; only settled jobs run again."
        )
    launch = Launch(job.name, job.type, overrides or {})
    submission = Submission(caller, idempotency_key, _digest(f"rerun {job_id}", [launch]))
    if found := submission.replay():
        return Submitted(found[0], replayed=True)
    jobs, replayed = submission.accept([_new_rerun(caller, job, launch)])
    return Submitted(jobs[0], replayed)


def check(caller: Caller, launch: Launch) -> None:
    """Check a launch without storing anything.

    Raises: what `submit` raises about the launch itself.
    """
    _new_job(caller, launch)


def check_rerun(caller: Caller, job_id: UUID, overrides: Mapping[str, Any]) -> None:
    """Check a rerun without storing anything.

    Raises: what `rerun` raises about the job and its params.
    """
    job = visible(caller, job_id)
    _new_rerun(caller, job, Launch(job.name, job.type, overrides))


def chosen_type(name: str, type: str | None) -> JobType:
    """The type of a launch: `type` if given, else the one labelled `name`, else the default.

    Raises: UnknownJobType; InvalidName if there is neither.
    """
    if type is not None:
        return registry.get(type)
    if not name:
        raise InvalidName("Give a name, a type, or both.")
    return registry.by_label(name) or registry.get(settings.JOBS_DEFAULT_TYPE)


def _is_masked(slug: str, name: str, value: object) -> bool:
    return value == parameters.MASK and name in registry.get(slug).secret_fields


def _guard_secrets(caller: Caller, job: Job, changed: Mapping[str, Any]) -> None:
    """Refuse changed params that would send another account's secret elsewhere.

    Raises: InvalidParams if another account launched the job and its secrets are not sent again.
    """
    if caller.user is None or caller.user.pk == job.created_by_id:
        return
    if not parameters.changes(registry.get(job.type), job.params, changed):
        return
    message = "Enter it again: another account's secret is not kept when other parameters change."
    if errors := [
        ParamError(name, message, "required")
        for name in registry.get(job.type).secret_fields
        if job.params.get(name) and name not in changed
    ]:
        raise InvalidParams(errors)


def _new_rerun(caller: Caller, job: Job, launch: Launch) -> Job:
    changed = {
        name: value
        for name, value in launch.params.items()
        if not _is_masked(job.type, name, value)
    }
    new = _new_job(caller, replace(launch, params=changed), kept=job.params)
    _guard_secrets(caller, job, changed)
    new.rerun_of = job
    return new


def _new_job(caller: Caller, launch: Launch, kept: Mapping[str, Any] | None = None) -> Job:
    job_type = chosen_type(launch.name, launch.type)
    check_launch(caller, job_type)
    if launch.name and (error := name_error(launch.name)):
        raise InvalidName(error)
    params = parameters.validate(job_type, launch.params, kept)
    check_launch(caller, job_type, params)
    return Job(
        id=uuid7(),
        name=composed(launch.name) or job_type.label,
        type=job_type.slug,
        params=params,
        queue=job_type.queue,
        created_by=caller.user,
        created_by_name=caller.name,
        source=caller.source,
        request_id=caller.request_id,
        unique_while_active=job_type.unique_while_active,
    )


def _new_batch(caller: Caller, items: Sequence[Launch]) -> list[Job]:
    batch_id = uuid7()
    jobs: list[Job] = []
    errors: dict[int, Refused] = {}
    for index, item in enumerate(items):
        try:
            job = _new_job(caller, item)
            if job.unique_while_active and job.type in {one.type for one in jobs}:
                raise AlreadyActive
            job.batch_id = batch_id
            jobs.append(job)
        except Refused as error:
            errors[index] = error
    if errors:
        raise InvalidBatch(errors)
    return jobs


def _digest(kind: str, launches: Sequence[Launch]) -> str:
    """The SHA-256 of the request, which tells a batch of one from a single job."""
    plain = [kind, *([one.name, one.type, dict(one.params)] for one in launches)]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()
