"""The one statement behind every change of status: guarded row, event and TaskResult together."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connections

from jobs.errors import InvalidTransition
from jobs.lifecycle.transitions import MESSAGE_LIMIT, NEXT, TASK, TRACEBACK_LIMIT, Outcome
from jobs.models import SETTLED, Job, JobEvent, Status, fitted
from jobs.safe_text import storable, storable_json

# The TaskResult of each row of the CTE `changed`: Celery's own statuses, and the JSON by which its
# results carry an exception.
TASK_RESULT = f"""task_result AS (
    INSERT INTO django_celery_results_taskresult (
        task_id, task_name, status, worker, content_type, content_encoding, result,
        date_created, date_started, date_done, traceback, meta
    )
    SELECT id::text, '{TASK}',
        CASE status WHEN '{Status.COMPLETED}' THEN 'SUCCESS'
            WHEN '{Status.FAILED}' THEN 'FAILURE' ELSE 'REVOKED' END,
        worker, 'application/json', 'utf-8',
        CASE status WHEN '{Status.COMPLETED}' THEN coalesce(result::text, 'null')
            WHEN '{Status.FAILED}' THEN jsonb_build_object(
                'exc_type', 'JobFailed', 'exc_module', 'jobs.engine.worker.tasks',
                'exc_message', jsonb_build_array(error_code, error_message))::text
            ELSE jsonb_build_object(
                'exc_type', 'TaskRevokedError', 'exc_module', 'celery.exceptions',
                'exc_message', jsonb_build_array('cancelled'))::text END,
        created_at, started_at, finished_at, nullif(error_traceback, ''), '{{"children": []}}'
    FROM changed
    ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, worker = excluded.worker,
        result = excluded.result, date_started = excluded.date_started,
        date_done = excluded.date_done, traceback = excluded.traceback
)"""

# The condition that the row of %(id)s is not locked by another session; it locks the row.
UNLOCKED = "id = (SELECT id FROM jobs_job WHERE id = %(id)s FOR NO KEY UPDATE SKIP LOCKED)"

# The assignments of every final status.
FINISHED = f"""finished_at = clock_timestamp(), lease_until = NULL, task_result_id = id::text,
    result = %(result)s::jsonb, error_code = %(error_code)s, error_type = %(error_type)s,
    error_message = %(error_message)s, error_traceback = %(error_traceback)s,
    progress_percent = CASE WHEN %(to)s = '{Status.COMPLETED}' THEN 100 ELSE progress_percent END"""


def event(before: str, at: str, actor: str = "%(actor)s", reason: str = "%(reason)s") -> str:
    """Return the CTE that records an event for each row of the CTE `changed`.

    The arguments are SQL expressions: the status before, the moment, who and why.
    """
    return f"""event AS (
        INSERT INTO jobs_jobevent (job_id, from_status, to_status, at, attempt, actor, reason)
        SELECT id, {before}, status, {at}, attempt, {actor}, {reason} FROM changed
    )"""


def move(
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
    """Move the job from one status to another; None if no row matched `where` in that status."""
    sql = f"WITH {_changed(before, after, set, f'id = %(id)s AND {where}')} SELECT * FROM changed"
    params = {
        **values,
        "id": job_id,
        "from": before.value,
        "to": after.value,
        **fitted(JobEvent, actor=actor, reason=reason),
    }
    return next(iter(Job.objects.using(using).raw(sql, params)), None)


def _changed(before: Status, after: Status, set: str, where: str) -> str:
    """Return CTEs that move rows and write their events, and TaskResults if `after` is final."""
    if after not in NEXT[before]:
        raise InvalidTransition(f"{before} to {after}")
    changed = f"""changed AS (
        UPDATE jobs_job SET status = %(to)s, version = version + 1, {set}
        WHERE status = %(from)s AND {where}
        RETURNING *
    )"""
    parts = [changed, event("%(from)s", at="coalesce(finished_at, clock_timestamp())")]
    return ", ".join([*parts, TASK_RESULT] if after in SETTLED else parts)


def finish(
    job_id: UUID,
    before: Status,
    outcome: Outcome,
    *,
    actor: str,
    using: str,
    where: str = "TRUE",
    set: str = "",
    values: Mapping[str, Any] = {},
) -> Job | None:
    """Move a job to the final status of `outcome` and store it; None as with `move`.

    `set` holds further assignments, each with a comma after it.
    """
    return move(
        job_id,
        before,
        outcome.status,
        where=where,
        set=set + FINISHED,
        values={**values, **_values(outcome)},
        actor=actor,
        reason=outcome.reason or outcome.error_code,
        using=using,
    )


def finish_free(
    ids: Sequence[UUID], before: Status, outcome: Outcome, *, set: str, actor: str, using: str
) -> list[UUID]:
    """Finish many jobs in one statement; returns the ids of those it moved.

    It skips rows that another transaction has locked, such as a worker's claim: waiting for one of
    them would delay all others.
    """
    sql = f"""WITH free AS (
        SELECT id FROM jobs_job WHERE id = ANY(%(ids)s) AND status = %(from)s
        ORDER BY id FOR UPDATE SKIP LOCKED
    ), {_changed(before, outcome.status, set + FINISHED, "id IN (SELECT id FROM free)")}
    SELECT id FROM changed"""
    params = {
        **_values(outcome),
        "ids": list(ids),
        "from": before.value,
        "to": outcome.status.value,
        **fitted(JobEvent, actor=actor, reason=outcome.reason or outcome.error_code),
    }
    with connections[using].cursor() as cursor:
        cursor.execute(sql, params)
        return [job_id for (job_id,) in cursor.fetchall()]


def _values(outcome: Outcome) -> dict[str, Any]:
    return {
        "result": None if outcome.result is None else json.dumps(storable_json(outcome.result)),
        **fitted(Job, error_code=outcome.error_code, error_type=outcome.error_type),
        "error_message": storable(outcome.error_message, MESSAGE_LIMIT),
        "error_traceback": storable(outcome.error_traceback, TRACEBACK_LIMIT),
    }
