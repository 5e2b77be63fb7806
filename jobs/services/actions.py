"""The actions on existing jobs: one table for the job list, the bulk job types and what each of them says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs import access, lifecycle, registry
from jobs.models import ACTIVE, SETTLED, Job, JobQuerySet, Status
from jobs.services.caller import Caller
from jobs.services.handling import acknowledge, cancel, delete
from jobs.services.submission import rerun


@dataclass(frozen=True, kw_only=True)
class Action:
    """An action on jobs in one of `statuses`; `job_type` is the bulk job type that does it to all that match.

    `run` gets the caller, the job's id, a note, and the idempotency key of the job that it may
    make.
    """

    name: str
    label: str
    done: str
    statuses: tuple[str, ...]
    run: Callable[[Caller, UUID, str, str | None], Job | None]
    allowed: Callable[[Any], bool]
    job_type: str
    asks_note: bool = False
    warning: str = ""
    leaves_out: tuple[str, ...] = ()  # job types
    # Of jobs in one of its statuses: those that a user may do it to, and those it is refused for
    # all the same.
    reachable: Callable[[Any, JobQuerySet], JobQuerySet] = lambda user, jobs: jobs
    refused: Callable[[JobQuerySet], JobQuerySet] = lambda jobs: jobs.none()


def _launchable(user: Any, jobs: JobQuerySet) -> JobQuerySet:
    """The jobs of the types that exist and that `user` may launch."""
    return jobs.filter(
        type__in=[one.slug for one in registry.all() if access.may_launch(user, one)]
    )


def _not_acknowledged(user: Any, jobs: JobQuerySet) -> JobQuerySet:
    return access.cancellable(user, jobs).filter(acknowledged_at=None)


def _asked_to_stop(jobs: JobQuerySet) -> JobQuerySet:
    return jobs.filter(status=Status.PROCESSING).exclude(cancel_requested_at=None)


# Not launched again among many: two bulk jobs that match each other would launch each other for
# ever.
BULK_TYPES = ("bulk_acknowledge", "bulk_cancel", "bulk_delete", "bulk_rerun")

RERUN = Action(
    name="rerun",
    label="Launch again",
    done="launched again",
    statuses=SETTLED,
    run=lambda caller, job_id, note, key: rerun(caller, job_id, idempotency_key=key),
    allowed=access.may_launch_some,
    job_type="bulk_rerun",
    leaves_out=BULK_TYPES,
    reachable=_launchable,
)
CANCEL = Action(
    name="cancel",
    label="Cancel",
    done="cancelled",
    statuses=ACTIVE,
    run=lambda caller, job_id, note, key: cancel(caller, job_id, note),
    allowed=access.may_cancel_some,
    job_type="bulk_cancel",
    asks_note=True,
    warning="Jobs that run already are asked to stop, and are stopped if they do not.",
    reachable=access.cancellable,
    refused=_asked_to_stop,
)
ACKNOWLEDGE = Action(
    name="acknowledge",
    label="Acknowledge",
    done="acknowledged",
    statuses=(Status.FAILED,),
    run=lambda caller, job_id, note, key: acknowledge(caller, job_id, note),
    allowed=access.may_cancel_some,
    job_type="bulk_acknowledge",
    asks_note=True,
    reachable=_not_acknowledged,
)
DELETE = Action(
    name="delete",
    label="Delete",
    done="deleted",
    statuses=SETTLED,
    run=lambda caller, job_id, note, key: delete(caller, job_id),
    allowed=access.may_delete,
    job_type="bulk_delete",
    warning="Their records, logs, histories and files are deleted. This cannot be undone.",
    refused=lifecycle.remembered,
)
ACTIONS = (RERUN, CANCEL, ACKNOWLEDGE, DELETE)
