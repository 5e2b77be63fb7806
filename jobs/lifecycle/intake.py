"""Jobs come and go: submit, withdraw, publish again, remove."""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models.functions import Now

from jobs.lifecycle.transitions import FORM_KEY, KEY_REMEMBERED
from jobs.models import Job, JobEvent, JobQuerySet, fitted

# The columns a submission sets; the others start at their defaults.
SUBMITTED = (
    "id",
    "name",
    "type",
    "params",
    "queue",
    "created_by_id",
    "created_by_name",
    "source",
    "request_id",
    "idempotency_key",
    "request_hash",
    "batch_id",
    "rerun_of_id",
    "unique_key",
)

SUBMIT = f"""
WITH new AS (
    INSERT INTO jobs_job ({", ".join(SUBMITTED)}, status, version, progress_message, error_code, error_type,
        error_message, error_traceback, created_at, published_at, publishes, attempt, worker,
        cancel_requested_by, cancel_reason, acknowledged_by, acknowledged_note)
    SELECT {", ".join(SUBMITTED)}, 'PENDING', 1, '', '', '', '', '', now, now, 1, 0, '', '', '', '', ''
    FROM jsonb_populate_recordset(NULL::jobs_job, %(rows)s::jsonb), (SELECT clock_timestamp() AS now) AS clock
    RETURNING *
), event AS (
    INSERT INTO jobs_jobevent (job_id, from_status, to_status, at, attempt, actor, reason)
    SELECT id, '', status, created_at, 0, %(actor)s, '' FROM new
)
SELECT * FROM new ORDER BY id"""


def submit(rows: Sequence[Job], *, actor: str, using: str = DEFAULT_DB_ALIAS) -> list[Job]:
    """Insert jobs as PENDING, with their events, in one statement; returns them as stored, by id.

    Raises: IntegrityError naming jobs_job_one_per_idempotency_key or
    jobs_job_one_active_of_its_kind.
    """
    values = [{column: getattr(row, column) for column in SUBMITTED} | _cut(row) for row in rows]
    params = {"rows": json.dumps(values, default=str), **fitted(JobEvent, actor=actor)}
    return list(Job.objects.using(using).raw(SUBMIT, params))


def _cut(row: Job) -> dict[str, str]:
    """Return the texts that only show where a job came from; the others identify it and are never cut."""
    return fitted(
        Job, name=row.name, created_by_name=row.created_by_name, request_id=row.request_id
    )


def withdraw(ids: Collection[UUID], *, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Remove jobs whose first publish failed, events and all: every one, or none of them; returns which.

    A job that was taken or published again since is promised to a caller: it stays, and its batch
    with it.
    """
    sql = """
    WITH mine AS (
        SELECT id, status = 'PENDING' AND publishes = 1 AS untouched
        FROM jobs_job WHERE id = ANY(%s) ORDER BY id FOR UPDATE
    ), gone AS (
        DELETE FROM jobs_job WHERE id = ANY(%s)
            AND (SELECT count(*) = %s AND bool_and(untouched) FROM mine) RETURNING id
    ), events AS (
        DELETE FROM jobs_jobevent WHERE job_id IN (SELECT id FROM gone)
    )
    SELECT count(*) FROM gone"""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [list(ids), list(ids), len(ids)])
        return bool(cursor.fetchone()[0])


def republish(
    ids: Collection[UUID],
    *,
    counts: bool = True,
    skip_locked: bool = False,
    using: str = DEFAULT_DB_ALIAS,
) -> list[Job]:
    """Note that jobs are about to be published once more; returns those that still wait, in their order.

    Comes before the publish: from here on no withdraw removes them. A publish that does not count
    says nothing about lost messages: it brings the job no nearer to being given up. With
    `skip_locked`, jobs that another session keeps locked are left out.
    """
    sql = f"""
    WITH again AS (
        UPDATE jobs_job SET publishes = CASE WHEN %s THEN publishes + 1 ELSE greatest(publishes, 2) END,
            published_at = clock_timestamp()
        WHERE id IN (SELECT id FROM jobs_job WHERE id = ANY(%s) AND status = 'PENDING'
            ORDER BY id FOR NO KEY UPDATE {"SKIP LOCKED" if skip_locked else ""}) RETURNING *
    )
    SELECT * FROM again ORDER BY id"""
    return list(Job.objects.using(using).raw(sql, [counts, list(ids)]))


def remembered(jobs: JobQuerySet) -> JobQuerySet:
    """Those of `jobs` that `remove` refuses, because a caller may still repeat the request that made them."""
    since = Now() - KEY_REMEMBERED
    keyed = jobs.filter(created_at__gte=since, idempotency_key__isnull=False)
    return keyed.exclude(idempotency_key__startswith=FORM_KEY)


def remove(ids: Collection[UUID], *, using: str = DEFAULT_DB_ALIAS) -> list[str] | None:
    """Delete settled jobs with all that belongs to them; returns the stored names of their files, now unreferenced.

    None if any of them is gone, still active, or remembered for its idempotency key: then all stay.
    """
    sql = """
    WITH mine AS (
        SELECT id, status IN ('COMPLETED', 'FAILED', 'CANCELLED')
            AND (idempotency_key IS NULL OR starts_with(idempotency_key, %(form_key)s)
                OR created_at < clock_timestamp() - make_interval(secs => %(remembered)s)) AS removable
        FROM jobs_job WHERE id = ANY(%(ids)s)
    ), gone AS (
        DELETE FROM jobs_job WHERE id = ANY(%(ids)s)
            AND (SELECT count(*) = %(count)s AND bool_and(removable) FROM mine) RETURNING id
    ), events AS (DELETE FROM jobs_jobevent WHERE job_id IN (SELECT id FROM gone)
    ), logs AS (DELETE FROM jobs_joblog WHERE job_id IN (SELECT id FROM gone)
    ), reruns AS (
        UPDATE jobs_job SET rerun_of_id = NULL
        WHERE rerun_of_id IN (SELECT id FROM gone) AND id <> ALL(%(ids)s)
    ), task_results AS (
        DELETE FROM django_celery_results_taskresult WHERE task_id IN (SELECT id::text FROM gone)
    ), files AS (DELETE FROM jobs_jobfile WHERE job_id IN (SELECT id FROM gone) RETURNING stored_name)
    SELECT (SELECT count(*) FROM gone), (SELECT array_agg(stored_name) FROM files)"""
    # Locked by a statement of its own: one that first has to wait does not see the event, or the
    # rerun, that the holder of the lock has added, and leaves it behind.
    lock = "SELECT FROM jobs_job WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
    values: dict[str, Any] = {"ids": list(ids), "count": len(ids), "form_key": FORM_KEY}
    values["remembered"] = KEY_REMEMBERED.total_seconds()
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(lock, [list(ids)])
        cursor.execute(sql, values)
        count, stored_names = cursor.fetchone()
    return (stored_names or []) if count == len(ids) else None
