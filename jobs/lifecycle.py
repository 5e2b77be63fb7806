"""The transitions of a job: one table, and the only code that changes Job.status. docs/lifecycle.md explains it.

Every change is one statement that moves the row only from the status (and attempt) its caller saw, writes the
event, and, when the new status is final, the TaskResult: so races are decided by PostgreSQL and the three agree.
`using` is the database alias, so that a worker can keep these writes apart from its handler's transaction.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from jobs.models import SETTLED, Job, Status
from jobs.text import storable, storable_json

NEXT: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.CANCELLED, Status.FAILED}),
    Status.PROCESSING: frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PENDING}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}

# The alias of a worker's own connection: a handler's open transaction on "default" neither hides nor undoes
# what the worker writes about the job.
WORKER_DB = "lifecycle"

MESSAGE_LIMIT = 1_000
TRACEBACK_LIMIT = 64 * 1024


class InvalidTransition(Exception):
    """The job is no longer where the caller saw it, or may not go where the caller wants it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended: COMPLETED with a result, FAILED with an error, or CANCELLED."""

    status: Status
    result: dict[str, Any] | None = None
    error_code: str = ""
    error_type: str = ""
    error_message: str = ""
    error_traceback: str = ""
    reason: str = ""


def failed(code: str, message: object, *, type: str = "", traceback: str = "") -> Outcome:
    """The outcome FAILED; `code` is one of the error codes in docs/lifecycle.md."""
    return Outcome(
        status=Status.FAILED,
        error_code=code,
        error_type=storable(type, 200),
        error_message=storable(message, MESSAGE_LIMIT),
        error_traceback=storable(traceback, TRACEBACK_LIMIT),
    )


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

    Raises: IntegrityError naming jobs_job_one_per_idempotency_key or jobs_job_one_active_of_its_kind.
    """
    values = [{column: getattr(row, column) for column in SUBMITTED} for row in rows]
    params = {"rows": json.dumps(values, default=str), "actor": actor}
    return list(Job.objects.using(using).raw(SUBMIT, params))


def withdraw(ids: Collection[UUID], *, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Remove jobs whose first publish failed, events and all: every one, or none of them; returns which.

    A job that was taken or published again meanwhile is somebody's promise: it stays, and its batch with it.
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


def republish(job_id: UUID, *, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Note that the job is about to be published once more; False if it no longer waits.

    Comes before the publish: from here on no withdraw removes the job.
    """
    sql = """UPDATE jobs_job SET publishes = publishes + 1, published_at = clock_timestamp()
        WHERE id = %s AND status = 'PENDING'"""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [job_id])
        return bool(cursor.rowcount)


def claim(
    job_id: UUID, *, types: Sequence[str], worker: str, pid: int, using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Take a PENDING job of one of `types` for a new attempt of this worker process; None if there is none."""
    return _move(
        job_id,
        Status.PENDING,
        Status.PROCESSING,
        where="type = ANY(%(types)s)",
        set="""attempt = attempt + 1, worker = %(worker)s, pid = %(pid)s, started_at = clock_timestamp(),
            lease_until = clock_timestamp() + %(lease)s * interval '1 second',
            taken_published_at = published_at""",
        values={"types": list(types), "worker": worker, "pid": pid, "lease": settings.JOBS_LEASE_SECONDS},
        actor=f"worker {worker}",
        using=using,
    )


def settle(
    job_id: UUID, outcome: Outcome, *, attempt: int, actor: str, using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Write the outcome of an attempt; None if the attempt no longer holds the job."""
    return _finish(
        job_id,
        Status.PROCESSING,
        outcome,
        where="attempt = %(attempt)s",
        values={"attempt": attempt},
        actor=actor,
        using=using,
    )


def settle_lost(
    job_id: UUID, outcome: Outcome, *, worker: str, pid: int, actor: str, using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Write the outcome of an attempt whose process cannot; None if that process no longer holds the job."""
    return _finish(
        job_id,
        Status.PROCESSING,
        outcome,
        where="worker = %(worker)s AND pid = %(pid)s",
        values={"worker": worker, "pid": pid},
        actor=actor,
        using=using,
    )


def held(job_id: UUID, *, worker: str, pid: int, using: str = DEFAULT_DB_ALIAS) -> Job | None:
    """The job, if this process holds it: what a claim asks whose answer got lost."""
    return (
        Job.objects.using(using).filter(id=job_id, status=Status.PROCESSING, worker=worker, pid=pid).first()
    )


def renew_leases(holders: Mapping[UUID, int], *, worker: str, using: str = DEFAULT_DB_ALIAS) -> None:
    """Put off the end of the leases of a worker's attempts; `holders` maps job ids to the pids that run them."""
    sql = """UPDATE jobs_job SET lease_until = clock_timestamp() + %s * interval '1 second'
        FROM unnest(%s::uuid[], %s::int[]) AS holder(id, pid)
        WHERE jobs_job.id = holder.id AND jobs_job.pid = holder.pid AND worker = %s AND status = 'PROCESSING'"""
    ids, pids = list(holders), list(holders.values())
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [settings.JOBS_LEASE_SECONDS, ids, pids, worker])


def cancel_waiting(
    job_id: UUID, *, actor: str, reason: str = "", using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Move a PENDING job to CANCELLED; None if it no longer waits."""
    outcome = Outcome(status=Status.CANCELLED, reason=storable(reason, MESSAGE_LIMIT))
    return _finish(job_id, Status.PENDING, outcome, actor=actor, using=using)


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


def remove(ids: Collection[UUID], *, using: str = DEFAULT_DB_ALIAS) -> list[str] | None:
    """Delete settled jobs with all that belongs to them; returns the stored names of their files, now unreferenced.

    None if any of them is gone, still active, or remembered for its idempotency key (24 hours): then all stay.
    """
    sql = """
    WITH mine AS (
        SELECT id, status IN ('COMPLETED', 'FAILED', 'CANCELLED')
            AND (idempotency_key IS NULL OR created_at < clock_timestamp() - interval '24 hours') AS removable
        FROM jobs_job WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE
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
    with connections[using].cursor() as cursor:
        cursor.execute(sql, {"ids": list(ids), "count": len(ids)})
        count, stored_names = cursor.fetchone()
    return (stored_names or []) if count == len(ids) else None


def _finish(
    job_id: UUID,
    before: Status,
    outcome: Outcome,
    *,
    actor: str,
    using: str,
    where: str = "TRUE",
    values: Mapping[str, Any] = {},
) -> Job | None:
    result = None if outcome.result is None else json.dumps(storable_json(outcome.result))
    return _move(
        job_id,
        before,
        outcome.status,
        where=where,
        set="""finished_at = clock_timestamp(), lease_until = NULL, task_result_id = id::text,
            result = %(result)s::jsonb, error_code = %(error_code)s, error_type = %(error_type)s,
            error_message = %(error_message)s, error_traceback = %(error_traceback)s,
            progress_percent = CASE WHEN %(to)s = 'COMPLETED' THEN 100 ELSE progress_percent END""",
        values={
            **values,
            "result": result,
            "error_code": outcome.error_code,
            "error_type": outcome.error_type,
            "error_message": outcome.error_message,
            "error_traceback": outcome.error_traceback,
        },
        actor=actor,
        reason=outcome.reason or outcome.error_code,
        using=using,
    )


# Celery's words for our final statuses, and the JSON in which its results carry an exception.
TASK_RESULT = """, task_result AS (
    INSERT INTO django_celery_results_taskresult (task_id, task_name, status, worker, content_type,
        content_encoding, result, date_created, date_started, date_done, traceback, meta)
    SELECT id::text, 'jobs.run_job',
        CASE status WHEN 'COMPLETED' THEN 'SUCCESS' WHEN 'FAILED' THEN 'FAILURE' ELSE 'REVOKED' END,
        worker, 'application/json', 'utf-8',
        CASE status WHEN 'COMPLETED' THEN coalesce(result::text, 'null')
            WHEN 'FAILED' THEN jsonb_build_object('exc_type', 'JobFailed', 'exc_module', 'jobs.engine.tasks',
                'exc_message', jsonb_build_array(error_code, error_message))::text
            ELSE jsonb_build_object('exc_type', 'TaskRevokedError', 'exc_module', 'celery.exceptions',
                'exc_message', jsonb_build_array('cancelled'))::text END,
        created_at, started_at, finished_at, nullif(error_traceback, ''), '{"children": []}'
    FROM moved
    ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, worker = excluded.worker,
        result = excluded.result, date_started = excluded.date_started, date_done = excluded.date_done,
        traceback = excluded.traceback
)"""


def _move(
    job_id: UUID,
    before: Status,
    after: Status,
    *,
    set: str,
    values: Mapping[str, Any],
    actor: str,
    using: str,
    where: str = "TRUE",
    reason: str = "",
) -> Job | None:
    """The one statement behind every transition; None if no row was as described."""
    if after not in NEXT[before]:
        raise InvalidTransition(f"{before} to {after}")
    sql = f"""
    WITH moved AS (
        UPDATE jobs_job SET status = %(to)s, version = version + 1, {set}
        WHERE id = %(id)s AND status = %(from)s AND {where}
        RETURNING *
    ), event AS (
        INSERT INTO jobs_jobevent (job_id, from_status, to_status, at, attempt, actor, reason)
        SELECT id, %(from)s, status, coalesce(finished_at, clock_timestamp()), attempt, %(actor)s, %(reason)s
        FROM moved
    ){TASK_RESULT if after in SETTLED else ""}
    SELECT * FROM moved"""
    params = {
        **values,
        "id": job_id,
        "from": before.value,
        "to": after.value,
        "actor": actor,
        "reason": reason,
    }
    return next(iter(Job.objects.using(using).raw(sql, params)), None)
