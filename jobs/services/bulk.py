"""Applies an action to many jobs and yields the outcome of each."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import Error

from jobs import access
from jobs.database import is_passing, unavailable
from jobs.errors import (
    Invalid,
    InvalidTransition,
    Refused,
    Unavailable,
)
from jobs.models import Job, Status
from jobs.services.actions.action import Action
from jobs.services.actions.cancel import cancel_many
from jobs.services.bulk_report import ASKED, DONE, FAILED, SKIPPED, Row
from jobs.services.bulk_targets import Targets
from jobs.services.caller import Caller

SLICE = 1_000

# Where the report words a kind of error in its own way, by code.
SENTENCES_IN_REPORT = {
    "broker_unavailable": "The queue does not answer",
    "unknown_type": "The job's type does not exist any more",
    "invalid_params": "The form refuses the params: {}",
}

GONE = "had been deleted"
LAUNCHED_BEFORE = "had been launched again by the first press of the same form"
ENDED = {
    Status.COMPLETED: "had already completed",
    Status.FAILED: "had already failed",
    Status.CANCELLED: "had already been cancelled",
}


def _no_key(job_id: UUID) -> str | None:
    return None


def apply_action(
    action: Action,
    caller: Caller,
    ids: Sequence[UUID],
    note: str,
    as_of: datetime,
    key_of: Callable[[UUID], str | None] = _no_key,
) -> Iterator[Row]:
    """Apply the action to each of the jobs, chosen as of a moment; yields the outcome of each.

    `key_of` gives the idempotency key under which a job is launched again.
    Raises: django.db.Error when PostgreSQL goes away; the rows so far say what was done.
    """
    found = Job.objects.without_large().in_bulk(ids)
    done_together = action.run_many(caller, found.values(), note)
    for job_id in ids:
        job = found.get(job_id)
        if job is None:
            yield Row(job_id, "", "", SKIPPED, GONE)
            continue
        outcome = (
            (DONE, "")
            if job_id in done_together
            else _one(action, caller, job, note, as_of, key_of(job_id))
        )
        yield Row(job_id, job.name, job.status_at(as_of), *outcome)


def cancel_waiting_targets(
    caller: Caller, targets: Targets, reason: str, *, seconds: float
) -> Iterator[list[Job]]:
    """Cancel the waiting ones of the targets, a slice at a time, until none is left or the time is up.

    Yields the jobs (id and name) that each slice has cancelled. Those that the caller may not
    cancel are left alone.
    """
    end, last = time.monotonic() + seconds, UUID(int=0)
    waiting = access.cancellable(caller.user, targets.remaining.filter(status=Status.PENDING))
    waiting = waiting.order_by("id").only("id", "name", "status", "created_by_id")
    while page := list(waiting.filter(id__gt=last)[:SLICE]):
        cancelled = cancel_many(caller, page, reason)
        yield [job for job in page if job.id in cancelled]
        last = page[-1].id
        if time.monotonic() > end:
            return


def _one(
    action: Action, caller: Caller, job: Job, note: str, as_of: datetime, key: str | None
) -> tuple[str, str]:
    """Do the action to one job; its outcome and the reason."""
    if known := _settled_before(action, caller, job, as_of):
        return known
    try:
        after, replayed = action.run(caller, job.id, note, key)
    except Job.DoesNotExist:
        return SKIPPED, GONE
    except InvalidTransition as error:
        return SKIPPED, _since(action, caller, job, as_of) or str(error)
    except Invalid as error:
        return FAILED, _reason(error)
    except Refused as error:
        return SKIPPED, str(error)
    except Unavailable as error:
        return FAILED, _reason(error)
    except Error as error:  # such as a locked row; the next job may be free
        if not is_passing(error):
            raise
        return FAILED, str(unavailable(error))
    if after is None or after.id == job.id:
        return (ASKED, "") if action.asks_to_stop and after and not after.is_settled else (DONE, "")
    return (SKIPPED, LAUNCHED_BEFORE) if replayed else (DONE, str(after.id))


def _reason(error: Refused | Unavailable) -> str:
    """Why the action failed."""
    return SENTENCES_IN_REPORT.get(error.code, "{}").format(error)


def _since(action: Action, caller: Caller, job: Job, as_of: datetime) -> str:
    """What happened to a job while the action was tried."""
    now = Job.objects.without_large().filter(id=job.id).first()
    known = _settled_before(action, caller, now, as_of) if now else (SKIPPED, GONE)
    return known[1] if known else ""


def _settled_before(
    action: Action, caller: Caller, job: Job, as_of: datetime
) -> tuple[str, str] | None:
    """The outcome where there is nothing left to do; None where the action must be tried."""
    asked = job.cancel_requested_at
    ours = asked is not None and asked >= as_of and job.cancel_requested_by == caller.name
    if action.asks_to_stop and ours:
        # By an earlier part of the same action, in the request that became this job.
        return (
            (DONE, "") if job.status_at(as_of) == Status.PENDING and job.is_settled else (ASKED, "")
        )
    if job.status not in action.statuses:
        return SKIPPED, ENDED.get(Status(job.status), f"is {job.get_status_display().lower()}")
    reason = action.already(job)
    return (SKIPPED, reason) if reason else None
