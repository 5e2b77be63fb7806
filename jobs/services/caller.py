"""Who asks: the caller of a service, and what that caller may launch and see."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs import access, database, parameters, registry
from jobs.errors import NotPermitted, OutcomeUnknown
from jobs.models import Job, Source
from jobs.registry import JobType


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
    if missing := _missing_permission(caller.user, job_type, params):
        what = f'"{job_type.label}"' + ("" if params is None else " with these parameters")
        raise NotPermitted(
            f"{what} needs the permission {missing}, which {caller.name} does not have."
        )


def _missing_permission(user: Any, job_type: JobType, params: Mapping[str, Any] | None) -> str:
    if params is None or job_type.permission_for is None:
        return access.missing_permission(user, job_type, params)
    found = (
        access.missing_permission(user, job_type, one)
        for one in parameters.readings(job_type, params)
    )
    return next(filter(None, found), "")
