"""Decisions from outside an attempt: cancel, ask to stop, give up, acknowledge.

Requests that leave the status unchanged are recorded with from_status == to_status.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from jobs.lifecycle.statement import UNLOCKED, event, finish, finish_free
from jobs.lifecycle.transitions import Outcome
from jobs.models import Job, JobEvent, JobQuerySet, Status
from jobs.safe_text import fitted

CANCELLER = """cancel_requested_at = clock_timestamp(), cancel_requested_by = %(actor)s,
    cancel_reason = %(reason)s"""


def cancel_waiting(
    job_id: UUID, *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Move a PENDING job to CANCELLED, recording who and why; None if it no longer waits."""
    outcome = Outcome(status=Status.CANCELLED, reason=reason)
    return finish(job_id, Status.PENDING, outcome, set=f"{CANCELLER}, ", actor=actor, using=using)


def cancel_all_waiting(
    ids: Sequence[UUID], *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> list[UUID]:
    """Move the jobs that are PENDING to CANCELLED, in one statement; returns their ids.

    It skips jobs that another transaction has locked, such as a worker's claim.
    """
    outcome = Outcome(status=Status.CANCELLED, reason=reason)
    return finish_free(ids, Status.PENDING, outcome, set=f"{CANCELLER}, ", actor=actor, using=using)


def request_cancel(
    job_id: UUID, *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Ask a PROCESSING job to stop; None if it no longer runs or was asked before."""
    sql = f"""WITH changed AS (
            UPDATE jobs_job SET {CANCELLER}, version = version + 1
            WHERE id = %(id)s AND status = '{Status.PROCESSING}' AND cancel_requested_at IS NULL
            RETURNING *
        ), {event("status", at="cancel_requested_at")}
        SELECT * FROM changed"""
    values = {"id": job_id, **fitted(JobEvent, actor=actor, reason=reason)}
    return next(iter(Job.objects.using(using).raw(sql, values)), None)


def mark_acknowledged(jobs: JobQuerySet, *, actor: str, note: str = "") -> int:
    """Acknowledge the failures among `jobs`, with events; returns how many it acknowledged."""
    ids, of_ids = jobs.order_by().values("id").query.sql_with_params()
    sql = f"""WITH changed AS (
            UPDATE jobs_job SET acknowledged_at = clock_timestamp(), acknowledged_by = %s,
                acknowledged_note = %s, version = version + 1
            WHERE id IN ({ids}) AND status = '{Status.FAILED}' AND acknowledged_at IS NULL
            RETURNING *
        ), {event("status", "acknowledged_at", actor="acknowledged_by", reason="acknowledged_note")}
        SELECT count(*) FROM changed"""
    with connections[jobs.db].cursor() as cursor:
        cursor.execute(sql, [*fitted(JobEvent, actor=actor, reason=note).values(), *of_ids])
        return int(cursor.fetchone()[0])


def give_up(
    job_id: UUID, outcome: Outcome, *, publishes: int, actor: str, using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Fail a PENDING job that no worker takes.

    Returns: the job; None if it was taken or published again since, or if its row is locked.
    """
    return finish(
        job_id,
        Status.PENDING,
        outcome,
        where=f"publishes = %(publishes)s AND {UNLOCKED}",
        values={"publishes": publishes},
        actor=actor,
        using=using,
    )
