"""What people want to run, checked and made into jobs: one, a batch, one again.

Publication.py stores them.
"""

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
    """What to run: a name, a type's slug (None: chosen by the name), its params."""

    name: str = ""
    type: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


class Submitted(NamedTuple):
    """The job that a submission made, or, `replayed`, that an earlier one under the key made."""

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
    """Accept one job: stored as PENDING, then published. A key that came before replays its job.

    Raises: UnknownJobType, NotPermitted, InvalidName, InvalidParams, AlreadyActive, KeyReused
    (nothing stored); BrokerUnavailable, DatabaseUnavailable (nothing stays, it never runs);
    OutcomeUnknown.
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
    """Accept all the items, or none of them; the jobs, in the order given, share a batch_id.

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
    """Launch a settled job again as a new one, with its params, except those in `overrides`.

    A secret that comes as it is shown, masked, stays as it was; but not if another account changes
    the job. A key that came before replays the job made then.
    Raises: Job.DoesNotExist; InvalidTransition while it is active; what `submit` raises.
    """
    job = visible(caller, job_id)
    if not job.is_settled:
        raise InvalidTransition(
            f"The job is {job.get_status_display().lower()}; only settled jobs run again."
        )
    wanted = Launch(job.name, job.type, overrides or {})
    submission = Submission(caller, idempotency_key, _digest(f"rerun {job_id}", [wanted]))
    if found := submission.replay():
        return Submitted(found[0], replayed=True)
    jobs, replayed = submission.accept([_again(caller, job, wanted)])
    return Submitted(jobs[0], replayed)


def check(caller: Caller, launch: Launch) -> None:
    """Raises what `submit` would raise about the launch itself; stores nothing."""
    _new_job(caller, launch)


def check_rerun(caller: Caller, job_id: UUID, overrides: Mapping[str, Any]) -> None:
    """Raises what `rerun` would raise about the job and its params; stores nothing."""
    job = visible(caller, job_id)
    _again(caller, job, Launch(job.name, job.type, overrides))


def chosen_type(name: str, type: str | None) -> JobType:
    """The type that is meant: `type` if given, else the one labelled `name`, else the default type.

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
    """Keep callers from sending another account's secret elsewhere by changing a parameter beside it.

    Raises: InvalidParams.
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


def _again(caller: Caller, job: Job, wanted: Launch) -> Job:
    changed = {
        name: value
        for name, value in wanted.params.items()
        if not _is_masked(job.type, name, value)
    }
    again = _new_job(caller, replace(wanted, params=changed), kept=job.params)
    _guard_secrets(caller, job, changed)
    again.rerun_of = job
    return again


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
    """The request in 64 characters: the same ones for the same request only; a batch of one is no single job."""
    plain = [kind, *([one.name, one.type, dict(one.params)] for one in launches)]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()
