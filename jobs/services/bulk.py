"""Applies an action to many jobs and yields the outcome of each."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import Error

from jobs.database import is_passing, unavailable
from jobs.errors import Invalid, InvalidTransition, Refused, Unavailable
from jobs.models import Job, JobQuerySet, Status
from jobs.services.actions.action import Acted, Action, OneStatement
from jobs.services.bulk_report import ASKED, DONE, FAILED, SKIPPED, Row
from jobs.services.bulk_targets import Targets
from jobs.services.caller import Caller

SLICE = 1_000

# The report's own sentences for kinds of errors, by code.
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
    """Apply the action to each of the jobs; yield the outcome of each.

    The jobs were selected `as_of` a moment. `key_of` returns the idempotency key under which a job
    is launched again.
    Raises: django.db.Error when PostgreSQL goes away; the rows so far say what was done.
    """
    found = Job.objects.without_large().in_bulk(ids)
    together = action.one_statement
    done_together = together.run(caller, found.values(), note) if together else set()
    for job_id in ids:
        job = found.get(job_id)
        if job is None:
            yield Row(job_id, "", "", SKIPPED, GONE)
        elif job_id in done_together:
            yield Row(job_id, job.name, job.status_at(as_of), DONE)
        else:
            outcome = _apply_to_one(action, caller, job, note, as_of, key_of(job_id))
            yield Row(job_id, job.name, job.status_at(as_of), *outcome)


def apply_in_slices(
    statement: OneStatement, caller: Caller, targets: Targets, note: str, *, seconds: float
) -> Iterator[list[Job]]:
    """Apply the targets' action to those in the statement's statuses, up to 1,000 at a time.

    Ends when none is left or the time is up. Yields the jobs (id and name) that each slice did.
    Jobs to which the caller may not do it are not touched.
    """
    end, last = time.monotonic() + seconds, UUID(int=0)
    possible = targets.remaining.filter(status__in=statement.statuses)
    possible = targets.action.reachable(caller.user, possible)
    while page := _slice(targets, possible.filter(id__gt=last), statement.statuses):
        done = statement.run(caller, page, note)
        yield [job for job in page if job.id in done]
        last = page[-1].id
        if len(page) < SLICE or time.monotonic() > end:
            return


def _slice(targets: Targets, jobs: JobQuerySet, statuses: Sequence[str]) -> list[Job]:
    first = targets.first_of(jobs, SLICE, statuses)
    return list(first.only("id", "name", "status", "created_by_id")[:SLICE])


def _apply_to_one(
    action: Action, caller: Caller, job: Job, note: str, as_of: datetime, key: str | None
) -> tuple[str, str]:
    """Apply the action to one job; return the outcome and its detail."""
    if known := _known_outcome(action, caller, job, as_of):
        return known
    try:
        acted = action.run(caller, job.id, note, key)
    except Job.DoesNotExist:
        return SKIPPED, GONE
    except InvalidTransition as error:
        return SKIPPED, _changed_meanwhile(action, caller, job, as_of) or str(error)
    except (Invalid, Unavailable) as error:
        return FAILED, SENTENCES_IN_REPORT.get(error.code, "{}").format(error)
    except Refused as error:
        return SKIPPED, str(error)
    except Error as error:  # such as a locked row; the next job may be free
        if not is_passing(error):
            raise
        return FAILED, str(unavailable(error))
    return _outcome_of(action, job, acted)


def _outcome_of(action: Action, job: Job, acted: Acted) -> tuple[str, str]:
    """The outcome and its detail after the action has run."""
    after = acted.job
    if after is None:
        return DONE, ""
    if after.id != job.id:
        return (SKIPPED, LAUNCHED_BEFORE) if acted.replayed else (DONE, str(after.id))
    return (ASKED, "") if action.asks_to_stop and not after.is_settled else (DONE, "")


def _changed_meanwhile(action: Action, caller: Caller, job: Job, as_of: datetime) -> str:
    """What happened to the job while the action was tried; "" if nothing did."""
    now = Job.objects.without_large().filter(id=job.id).first()
    if now is None:
        return GONE
    known = _known_outcome(action, caller, now, as_of)
    return known[1] if known else ""


def _known_outcome(
    action: Action, caller: Caller, job: Job, as_of: datetime
) -> tuple[str, str] | None:
    """The outcome and its detail if there is nothing to do; None if the action must be tried."""
    if action.asks_to_stop and _asked_before(caller, job, as_of):
        was_waiting = job.status_at(as_of) == Status.PENDING
        return (DONE, "") if was_waiting and job.is_settled else (ASKED, "")
    if job.status not in action.statuses:
        return SKIPPED, ENDED.get(Status(job.status), f"is {job.get_status_display().lower()}")
    if reason := action.already(job):
        return SKIPPED, reason
    return None


def _asked_before(caller: Caller, job: Job, as_of: datetime) -> bool:
    """Whether the request that launched this bulk job had already asked the job to stop."""
    asked_at = job.cancel_requested_at
    return asked_at is not None and asked_at >= as_of and job.cancel_requested_by == caller.name
