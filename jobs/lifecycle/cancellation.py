"""What others decide: cancel a waiting job, stop a running one, give up on one that no worker takes, acknowledge.

Requests that leave the status unchanged are recorded with from_status == to_status.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from jobs.lifecycle.statement import finish, finish_free
from jobs.lifecycle.transitions import Outcome
from jobs.models import Job, JobEvent, JobQuerySet, Status, fitted

CANCELLER = """cancel_requested_at = clock_timestamp(), cancel_requested_by = %(actor)s,
    cancel_reason = %(reason)s, """


def cancel_waiting(
    job_id: UUID, *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Move a PENDING job to CANCELLED, with who asked and why; None if it no longer waits."""
    outcome = Outcome(status=Status.CANCELLED, reason=reason)
    return finish(job_id, Status.PENDING, outcome, set=CANCELLER, actor=actor, using=using)


def cancel_all_waiting(
    ids: Sequence[UUID], *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> list[UUID]:
    """Move those of the jobs that are PENDING to CANCELLED, in one statement; returns their ids.

    It leaves out jobs that another transaction holds at that moment, such as a worker's claim.
    """
    outcome = Outcome(status=Status.CANCELLED, reason=reason)
    return finish_free(ids, Status.PENDING, outcome, set=CANCELLER, actor=actor, using=using)


def request_cancel(
    job_id: UUID, *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Ask a PROCESSING job to stop; None if it no longer runs, or was asked before: the first request stays."""
    sql = """WITH asked AS (
            UPDATE jobs_job SET cancel_requested_at = clock_timestamp(), cancel_requested_by = %(actor)s,
                cancel_reason = %(reason)s, version = version + 1
            WHERE id = %(id)s AND status = 'PROCESSING' AND cancel_requested_at IS NULL RETURNING *
        ), event AS (
            INSERT INTO jobs_jobevent (job_id, from_status, to_status, at, attempt, actor, reason)
            SELECT id, status, status, cancel_requested_at, attempt, cancel_requested_by, cancel_reason FROM asked
        )
        SELECT * FROM asked"""
    values = {"id": job_id, **fitted(JobEvent, actor=actor, reason=reason)}
    return next(iter(Job.objects.using(using).raw(sql, values)), None)


def acknowledge(jobs: JobQuerySet, *, actor: str, note: str = "") -> int:
    """Acknowledge, with an event, the failures among `jobs`; returns how many were not yet seen."""
    ids, of_ids = jobs.order_by().values("id").query.sql_with_params()
    sql = f"""WITH seen AS (
            UPDATE jobs_job SET acknowledged_at = clock_timestamp(), acknowledged_by = %s, acknowledged_note = %s,
                version = version + 1
            WHERE id IN ({ids}) AND status = 'FAILED' AND acknowledged_at IS NULL RETURNING *
        ), event AS (
            INSERT INTO jobs_jobevent (job_id, from_status, to_status, at, attempt, actor, reason)
            SELECT id, status, status, acknowledged_at, attempt, acknowledged_by, acknowledged_note FROM seen
        )
        SELECT count(*) FROM seen"""
    with connections[jobs.db].cursor() as cursor:
        cursor.execute(sql, [*fitted(JobEvent, actor=actor, reason=note).values(), *of_ids])
        return int(cursor.fetchone()[0])


def give_up(
    job_id: UUID, outcome: Outcome, *, publishes: int, actor: str, using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Fail a PENDING job that no worker takes; None if it was taken or published since, or its row is locked."""
    return finish(
        job_id,
        Status.PENDING,
        outcome,
        where="""publishes = %(publishes)s
            AND id = (SELECT id FROM jobs_job WHERE id = %(id)s FOR NO KEY UPDATE SKIP LOCKED)""",
        values={"publishes": publishes},
        actor=actor,
        using=using,
    )
