"""The one statement behind every change of status: guarded row, event and TaskResult together."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connections

from jobs.database import PreparedStatement
from jobs.errors import InvalidTransition
from jobs.lifecycle.task_result import task_result
from jobs.lifecycle.transitions import MESSAGE_LIMIT, NEXT, TRACEBACK_LIMIT, Outcome
from jobs.models import SETTLED, Job, JobEvent, Status
from jobs.safe_text import fitted, storable, storable_json

# The condition that the row of %(id)s is not locked by another session; it locks the row.
UNLOCKED = "id = (SELECT id FROM jobs_job WHERE id = %(id)s FOR NO KEY UPDATE SKIP LOCKED)"

# The assignments of every final status.
FINISHED = """finished_at = clock_timestamp(), lease_until = NULL, task_result_id = id::text,
    parked_by = '',
    result = %(result)s::jsonb, error_code = %(error_code)s, error_type = %(error_type)s,
    error_message = %(error_message)s, error_traceback = %(error_traceback)s"""

# That of a failure. With the job's type it names one group of failures: a worker is lost by jobs
# of all types.
FINGERPRINT = """fingerprint =
    left(encode(sha256(convert_to(type || ' ' || %(fingerprint)s, 'UTF8')), 'hex'), 16)"""

# A statement of its own, in the transaction of the next: that one sees what was committed before
# the lock was free, which one that waited itself would not.
FIRST_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%(lock)s, 0));"

JSON_COLUMNS = ("params", "result")

# The columns of a job that its mover may look at.
MOVED_COLUMNS = ("id", "type", "queue", "status", "attempt")

# The types of parameters, by name.
TYPES = {
    **dict.fromkeys(("actor", "reason", "worker", "result"), "text"),
    **dict.fromkeys(("error_code", "error_type", "error_message", "error_traceback"), "text"),
    "fingerprint": "text",
    **dict.fromkeys(("by", "lock"), "text"),
    **dict.fromkeys(("attempt", "pid", "publishes", "at_most"), "integer"),
    "id": "uuid",
    "lease": "double precision",
    "lease_until": "timestamptz",
    "types": "text[]",
}


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
    columns: Sequence[str] = MOVED_COLUMNS,
    lock: str = "",
) -> Job | None:
    """Move the job from one status to another; None if no row matched `where` in that status.

    With `lock` it first waits for the advisory lock of that name, and sees what was committed
    until then.
    The job that it returns has loaded `columns`, in the order of the model; others are deferred.
    """
    statement = _statement(before, after, set, where, tuple(columns))
    params = {**values, "id": job_id, **fitted(JobEvent, actor=actor, reason=reason)}
    first, waits = (FIRST_LOCK, {"lock": lock}) if lock else ("", {})
    for row in statement.rows(params | waits, using=using, first=first):
        return load_job(columns, row, using)
    return None


@cache
def _statement(
    before: Status, after: Status, set: str, where: str, columns: Sequence[str]
) -> PreparedStatement:
    changed = _changed(before, after, set, f"id = %(id)s AND {where}")
    # Columns by name: once a migration changes what `*` is, a prepared statement fails.
    sql = f"WITH {changed} SELECT {', '.join(columns)} FROM changed"
    return PreparedStatement(f"jobs_{before}_{after}".lower(), sql, TYPES)


def load_job(columns: Sequence[str], row: Sequence[Any], using: str) -> Job:
    """Return the job of a row that psycopg2 read; `columns` are in the order of the model."""
    values = [
        json.loads(value) if column in JSON_COLUMNS and value is not None else value
        for column, value in zip(columns, row, strict=True)
    ]
    return Job.from_db(using, columns, values)


def _changed(before: Status, after: Status, set: str, where: str) -> str:
    """Return CTEs that move rows and write their events, and TaskResults if `after` is final."""
    if after not in NEXT[before]:
        raise InvalidTransition(f"{before} to {after}")
    changed = f"""changed AS (
        UPDATE jobs_job SET status = '{after}', version = version + 1, {set}
        WHERE status = '{before}' AND {where}
        RETURNING *
    )"""
    parts = [changed, event(f"'{before}'", at="coalesce(finished_at, clock_timestamp())")]
    return ", ".join([*parts, task_result(after)] if after in SETTLED else parts)


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
        set=set + _finished(outcome.status),
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
    params = {
        **_values(outcome),
        "ids": list(ids),
        **fitted(JobEvent, actor=actor, reason=outcome.reason or outcome.error_code),
    }
    with connections[using].cursor() as cursor:
        cursor.execute(_free_statement(before, outcome.status, set), params)
        return [job_id for (job_id,) in cursor.fetchall()]


@cache
def _free_statement(before: Status, after: Status, set: str) -> str:
    return f"""WITH free AS (
        SELECT id FROM jobs_job WHERE id = ANY(%(ids)s) AND status = '{before}'
        ORDER BY id FOR UPDATE SKIP LOCKED
    ), {_changed(before, after, set + _finished(after), "id IN (SELECT id FROM free)")}
    SELECT id FROM changed"""


def _finished(status: Status) -> str:
    more = {Status.COMPLETED: ", progress_percent = 100", Status.FAILED: f", {FINGERPRINT}"}
    return FINISHED + more.get(status, "")


def _values(outcome: Outcome) -> dict[str, Any]:
    return {
        "result": None if outcome.result is None else json.dumps(storable_json(outcome.result)),
        **fitted(Job, error_code=outcome.error_code, error_type=outcome.error_type),
        "fingerprint": outcome.fingerprint,
        "error_message": storable(outcome.error_message, MESSAGE_LIMIT),
        "error_traceback": storable(outcome.error_traceback, TRACEBACK_LIMIT),
    }
