"""Ends that others decide: cancel a waiting job, ask a running one to stop, give up on one nobody takes."""

from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from jobs.lifecycle.moving import finish
from jobs.lifecycle.table import MESSAGE_LIMIT, Outcome
from jobs.models import Job, Status
from jobs.text import storable


def cancel_waiting(
    job_id: UUID, *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Move a PENDING job to CANCELLED; None if it no longer waits."""
    outcome = Outcome(status=Status.CANCELLED, reason=storable(reason, MESSAGE_LIMIT))
    return finish(job_id, Status.PENDING, outcome, actor=actor, using=using)


def request_cancel(
    job_id: UUID, *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Ask a PROCESSING job to stop, whoever asks first; None if it no longer runs."""
    sql = """UPDATE jobs_job SET
            cancel_requested_by = CASE WHEN cancel_requested_at IS NULL THEN %(actor)s ELSE cancel_requested_by END,
            cancel_reason = CASE WHEN cancel_requested_at IS NULL THEN %(reason)s ELSE cancel_reason END,
            version = CASE WHEN cancel_requested_at IS NULL THEN version + 1 ELSE version END,
            cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp())
        WHERE id = %(id)s AND status = 'PROCESSING' RETURNING *"""
    values = {"id": job_id, "actor": actor, "reason": storable(reason, MESSAGE_LIMIT)}
    return next(iter(Job.objects.using(using).raw(sql, values)), None)


def give_up(
    job_id: UUID, outcome: Outcome, *, publishes: int, actor: str, using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Fail a PENDING job that no worker takes; None if it was taken or published meanwhile."""
    return finish(
        job_id,
        Status.PENDING,
        outcome,
        where="publishes = %(publishes)s",
        values={"publishes": publishes},
        actor=actor,
        using=using,
    )
