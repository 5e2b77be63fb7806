"""The caller of a service, and what the caller may see and launch."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs import access, database, parameters, registry
from jobs.errors import NotPermitted, OutcomeUnknown
from jobs.handler.context import JobContext
from jobs.models import ApiToken, Job, Source
from jobs.registry import JobType
from jobs.trace_context import read_traceparent


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A user and the door that the user came through.

    `user` is None for a command, which may do everything. `token_id` is the public id of the API
    token that the request had, if it had one; `parent_id` the job whose handler launches others.
    """

    user: Any
    name: str
    source: Source
    request_id: str = ""
    traceparent: str = ""
    token_id: UUID | None = None
    token_name: str = ""
    parent_id: UUID | None = None


def caller_of(request: Any, source: Source) -> Caller:
    """The caller who sent the request, which is Django's or the REST framework's."""
    auth = getattr(request, "auth", None)
    token = auth if isinstance(auth, ApiToken) else None
    traceparent = request.META.get("HTTP_TRACEPARENT", "")
    return Caller(
        user=request.user,
        name=str(request.user.get_username()),
        source=source,
        request_id=request.META.get("HTTP_X_REQUEST_ID", ""),
        traceparent=read_traceparent(traceparent) if traceparent else "",
        token_id=token.public_id if token else None,
        token_name=token.name if token else "",
    )


def code_caller(user: Any = None, name: str = "") -> Caller:
    """The caller for the site's own code, such as a view, a signal or a handler.

    With a user, the job is theirs and needs their rights. Without one, no right is checked, and
    `name` says who asked.
    """
    name = str(user.get_username()) if user is not None else name or "code"
    return Caller(user=user, name=name, source=Source.CODE)


@contextmanager
def once_accepted(job: Job) -> Iterator[None]:
    """Context for work after the job was accepted, when an error must not read as a refusal.

    Raises: OutcomeUnknown if PostgreSQL goes away inside the block.
    """
    with database.raising(lambda error: OutcomeUnknown(job.id)):
        yield


def visible(caller: Caller, job_id: UUID) -> Job:
    """The job, if the caller may see it.

    Raises: Job.DoesNotExist if the job does not exist or the caller may not see it.
    """
    return access.visible_jobs(caller.user).get(id=job_id)


def launcher(context: JobContext) -> Caller:
    """The caller who launched the job, with the rights of now; a handler acts as this caller.

    Raises: NotPermitted if the account was deleted or deactivated, or may no longer launch the job.
    """
    job = context.stored_job()
    user = job.created_by
    if user is None and job.source == Source.CODE:
        raise NotPermitted("The job was launched without an account, or the account is gone.")
    if user is None and job.source != Source.COMMAND:
        raise NotPermitted("The account that launched this job is gone.")
    if user is not None and not user.is_active:
        raise NotPermitted("The account that launched this job is deactivated.")
    caller = Caller(
        user=user,
        name=job.created_by_name,
        source=Source(job.source),
        request_id=job.request_id,
        traceparent=job.traceparent,
        token_id=job.token_id,
        token_name=job.token_name,
    )
    check_launch(caller, registry.get(job.type), job.params)
    return caller


def check_launch(
    caller: Caller, job_type: JobType, params: Mapping[str, Any] | None = None
) -> None:
    """Check that the caller may launch the type, with these stored params if given.

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
        for one in parameters.readings(job_type, params, user)
    )
    return next(filter(None, found), "")
