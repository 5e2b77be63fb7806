"""Cancel: a waiting job at once; a running one is asked to stop."""

import time
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from jobs import access, lifecycle
from jobs.errors import InvalidTransition, NotPermitted
from jobs.models import ACTIVE, Job, JobQuerySet, Status
from jobs.services.actions.action import Acted, Action, OneStatement
from jobs.services.caller import Caller, visible

TRIES = 3
CHILDREN_SLICE = 1_000
CHILDREN_SECONDS = 5.0


def cancel(caller: Caller, job_id: UUID, reason: str = "") -> Job:
    """Cancel a waiting job, or ask a running one to stop: then it is still PROCESSING.

    Cancelling twice has the effect of cancelling once.

    Raises: Job.DoesNotExist, NotPermitted; InvalidTransition if the job has COMPLETED or FAILED.
    """
    job = visible(caller, job_id)
    if not access.may_cancel(caller.user, job):
        raise NotPermitted("You may cancel only your own jobs.")
    for _ in range(TRIES):  # a claim or a rescue may come in between
        moved = lifecycle.cancel_waiting(
            job_id, actor=caller.name, reason=reason
        ) or lifecycle.request_cancel(job_id, actor=caller.name, reason=reason)
        job = moved or Job.objects.get(id=job_id)
        asked_before = job.status == Status.PROCESSING and job.cancel_requested_at is not None
        if moved or asked_before or job.status == Status.CANCELLED:
            return job
        if job.is_settled:
            break
    raise InvalidTransition(
        f"The job is {job.get_status_display().lower()}; it cannot be cancelled any more."
    )


def cancel_many(caller: Caller, jobs: Iterable[Job], reason: str = "") -> set[UUID]:
    """Cancel the waiting jobs that the caller may cancel, in one statement; return their ids.

    A job that a worker takes at that moment is left out: `cancel` asks it to stop.
    """
    waiting = [
        job.id
        for job in jobs
        if job.status == Status.PENDING and access.may_cancel(caller.user, job)
    ]
    if not waiting:
        return set()
    return set(lifecycle.cancel_all_waiting(waiting, actor=caller.name, reason=reason))


def cancel_children(caller: Caller, job_id: UUID, reason: str = "") -> int:
    """Cancel the waiting children of a job that the caller may cancel, with an event each.

    Up to 1,000 in one statement, for up to 5 seconds. Returns how many were cancelled.
    """
    waiting = Job.objects.filter(parent=job_id, status=Status.PENDING).order_by("id")
    waiting = access.cancellable(caller.user, waiting).only("id", "status", "created_by_id")
    count, last, end = 0, UUID(int=0), time.monotonic() + CHILDREN_SECONDS
    while time.monotonic() < end and (page := list(waiting.filter(id__gt=last)[:CHILDREN_SLICE])):
        count += len(cancel_many(caller, page, reason or "its parent was cancelled"))
        last = page[-1].id
    return count


def _already_asked(job: Job) -> str:
    return "" if job.cancel_requested_at is None else "had already been asked to stop"


def _asked_to_stop(jobs: JobQuerySet) -> JobQuerySet:
    return jobs.filter(status=Status.PROCESSING).exclude(cancel_requested_at=None)


def _cancelled_since(caller: Caller, moment: datetime) -> Q:
    return Q(
        status=Status.CANCELLED,
        cancel_requested_by=caller.name,
        cancel_requested_at__gte=moment,
    )


CANCEL = Action(
    name="cancel",
    label="Cancel",
    done="cancelled",
    summary="Cancel a waiting job, or ask a running one to stop.",
    statuses=ACTIVE,
    run=lambda caller, job_id, note, key: Acted(cancel(caller, job_id, note)),
    allowed=access.may_cancel_some,
    allowed_on=access.may_cancel,
    reachable=access.cancellable,
    refused=_asked_to_stop,
    already=_already_asked,
    note="reason",
    note_label="Why?",
    button="Cancel job",
    is_dangerous=True,
    warning="Jobs that run already are asked to stop, and are stopped if they do not.",
    bulk_label="Cancel many",
    bulk_summary="Cancels every job that a filter matches.",
    one_statement=OneStatement(
        statuses=(Status.PENDING,), run=cancel_many, done_since=_cancelled_since
    ),
    asks_to_stop=True,
    on_children=cancel_children,
)
