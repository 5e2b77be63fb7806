"""The actions on existing jobs: one table for the job list, the bulk job types and what each of them says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs import access
from jobs.models import ACTIVE, SETTLED, Job, Status
from jobs.services.asking import Caller
from jobs.services.handling import acknowledge, cancel, delete
from jobs.services.submission import rerun


@dataclass(frozen=True, kw_only=True)
class Action:
    """An action on jobs in one of `statuses`; `job_type` is the bulk job type that does it to all that match.

    `run` gets the caller, the job's id, a note, and the idempotency key of the job that it may make.
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


# Not launched again among many: two bulk jobs that match each other would launch each other for ever.
BULK_TYPES = ("bulk_acknowledge", "bulk_cancel", "bulk_delete", "bulk_rerun")

RERUN = Action(
    name="launch_again",
    label="Launch again",
    done="launched again",
    statuses=SETTLED,
    run=lambda caller, job_id, note, key: rerun(caller, job_id, idempotency_key=key),
    allowed=access.may_launch_some,
    job_type="bulk_rerun",
    leaves_out=BULK_TYPES,
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
)
ACTIONS = (RERUN, CANCEL, ACKNOWLEDGE, DELETE)
