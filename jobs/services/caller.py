"""Who asks, and how we refuse: each door translates the same exceptions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from jobs import access, database, parameters, registry
from jobs.models import Job, Source
from jobs.registry import JobType


class NotPermitted(Exception):
    """The caller may not do this."""


class InvalidName(Exception):
    """The job cannot be called that."""


class DatabaseUnavailable(Exception):
    """PostgreSQL did not take the job: it is away, read-only, busy, or not migrated.

    Nothing was accepted.
    """

    def __init__(self, error: Exception) -> None:
        kind, sentence = database.diagnose(error, DEFAULT_DB_ALIAS)
        super().__init__(sentence)
        # The sentence may name a server, which is for operators alone.
        self.for_callers = database.FOR_CALLERS.get(kind, ("The database refused this.", 0))[0]


class OutcomeUnknown(Exception):
    """Something went away at the wrong moment: the job may or may not have been accepted."""

    def __init__(self, job_id: UUID) -> None:
        super().__init__(
            f"It is not known whether job {job_id} was accepted. Look for it before you launch it again."
        )
        self.job_id = job_id


class PartlyDone(Exception):
    """PostgreSQL went away in the middle of an action on many jobs."""

    def __init__(self, done: str, count: int, total: int | None = None) -> None:
        of = "" if total is None else f" of {total:,}"
        jobs = "job was" if count == 1 and total is None else "jobs were"
        super().__init__(
            f"The database stopped answering. Before that {count:,}{of} {jobs} {done}; some more may have been."
            " Look at the list before you repeat it."
        )


class AlreadyActive(Exception):
    """Only one job of this type may be active, and job `job_id` is.

    None where it is another of the same batch, or a job that the caller may not see.
    """

    def __init__(self, job_id: UUID | None = None) -> None:
        super().__init__(
            f"Job {job_id} of this type is still active."
            if job_id
            else "Only one job of this type may be active at a time."
        )
        self.job_id = job_id


class KeyReused(Exception):
    """The idempotency key came before, with another request."""


class InvalidBatch(Exception):
    """Some items of a batch are refused; `errors` maps their indexes to what submit would have raised."""

    def __init__(self, errors: Mapping[int, Exception]) -> None:
        super().__init__("; ".join(f"job {index}: {error}" for index, error in errors.items()))
        self.errors = errors


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, and by which door. `user` is None for a command, which may do anything."""

    user: Any
    name: str
    source: Source
    request_id: str = ""


def caller_of(request: Any, source: Source) -> Caller:
    """Who sent the request, Django's or the REST framework's."""
    return Caller(
        user=request.user,
        name=request.user.get_username(),
        source=source,
        request_id=request.headers.get("X-Request-ID", ""),
    )


@contextmanager
def once_accepted(job: Job) -> Iterator[None]:
    """Tell of a job that is there: a database that goes away now must not seem to have refused it.

    Raises: OutcomeUnknown.
    """
    with database.raising(lambda error: OutcomeUnknown(job.id)):
        yield


def visible(caller: Caller, job_id: UUID) -> Job:
    """The job, if the caller may see it.

    Raises: Job.DoesNotExist if the job does not exist or the caller may not see it.
    """
    return access.visible_jobs(caller.user).get(id=job_id)


def launcher(job_id: UUID) -> Caller:
    """The launcher of the job, with their present rights: what a handler acts as.

    Raises: NotPermitted if the account is deleted or deactivated, or may not launch the job any
    more.
    """
    job = Job.objects.select_related("created_by").get(id=job_id)
    user = job.created_by
    if user is None and job.source != Source.COMMAND:
        raise NotPermitted("The account that launched this job is gone.")
    if user is not None and not user.is_active:
        raise NotPermitted("The account that launched this job is deactivated.")
    caller = Caller(
        user=user, name=job.created_by_name, source=Source(job.source), request_id=job.request_id
    )
    check_launch(caller, registry.get(job.type), job.params)
    return caller


def check_launch(
    caller: Caller, job_type: JobType, params: Mapping[str, Any] | None = None
) -> None:
    """Make sure that the caller may launch the type, and with these stored params.

    Raises: NotPermitted, naming the permission.
    """
    if missing := _missing(caller.user, job_type, params):
        what = f'"{job_type.label}"' + ("" if params is None else " with these parameters")
        raise NotPermitted(
            f"{what} needs the permission {missing}, which {caller.name} does not have."
        )


def _missing(user: Any, job_type: JobType, params: Mapping[str, Any] | None) -> str:
    if params is None or job_type.permission_for is None:
        return access.missing_permission(user, job_type, params)
    found = (
        access.missing_permission(user, job_type, one)
        for one in parameters.readings(job_type, params)
    )
    return next(filter(None, found), "")
