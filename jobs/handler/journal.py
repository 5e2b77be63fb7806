"""Writes a running attempt's progress, log lines and files; none of it changes the status.

Each write is one statement fenced by (id, attempt), so that an attempt that lost its job writes
nothing.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from jobs.errors import InvalidTransition
from jobs.lifecycle import MESSAGE_LIMIT
from jobs.models import Job, JobLog, Status
from jobs.safe_text import file_name, fitted, media_type, storable

LOG_LINES_LIMIT = 10_000  # of one attempt
LOG_LINE_LIMIT = 64 * 1024


class LostAttempt(InvalidTransition):
    """The attempt no longer holds its job: it was settled or rescued since."""


# The row of the job, if the attempt still holds it.
HELD = f"id = %(id)s AND attempt = %(attempt)s AND status = '{Status.PROCESSING}'"


@dataclass(frozen=True)
class LogLine:
    """One line for the job's log; `at` is aware."""

    at: datetime
    level: str
    message: str


@dataclass(frozen=True)
class Amount:
    """How many of how many a job has done, and of what ("rows")."""

    done: float | None = None
    total: float | None = None
    unit: str = ""

    @classmethod
    def of(cls, done: float, total: float, unit: str) -> "Amount":
        """Return the amount; without a unit, or if a number is infinite, that of no job."""
        is_counted = unit and math.isfinite(done) and math.isfinite(total)
        return cls(float(done), float(total), unit) if is_counted else cls()


def write_progress(
    job_id: UUID,
    attempt: int,
    *,
    percent: int | None,
    message: str,
    amount: Amount = Amount(),
    using: str = DEFAULT_DB_ALIAS,
) -> bool:
    """Store the attempt's progress; returns whether a cancel was requested.

    Raises: LostAttempt.
    """
    sql = f"""UPDATE jobs_job SET progress_percent = %(percent)s, progress_message = %(message)s,
            progress_done = %(done)s, progress_total = %(total)s, progress_unit = %(unit)s,
            version = version + 1
        WHERE {HELD}
        RETURNING cancel_requested_at IS NOT NULL"""
    values: dict[str, Any] = {"id": job_id, "attempt": attempt, "percent": percent}
    values |= {"message": storable(message, MESSAGE_LIMIT), **asdict(amount)}
    values["unit"] = fitted(Job, progress_unit=amount.unit)["progress_unit"]
    return bool(_one_row(sql, values, using)[0])


def is_asked_to_stop(job_id: UUID, attempt: int, *, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Return whether a cancel of the attempt was requested. Raises: LostAttempt."""
    sql = f"SELECT cancel_requested_at IS NOT NULL FROM jobs_job WHERE {HELD}"
    return bool(_one_row(sql, {"id": job_id, "attempt": attempt}, using)[0])


def add_lines(
    job_id: UUID,
    attempt: int,
    lines: Sequence[LogLine],
    *,
    after: int,
    using: str = DEFAULT_DB_ALIAS,
) -> None:
    """Append lines to the job's log, after the first `after` lines of the attempt.

    If its answer got lost it can be repeated with the same lines or more: `after` says where they
    belong.

    Raises: LostAttempt.
    """
    values = [
        asdict(line)
        | fitted(JobLog, level=line.level)
        | {"message": storable(line.message, LOG_LINE_LIMIT)}
        for line in lines
    ]
    sql = f"""WITH mine AS (
            SELECT id FROM jobs_job WHERE {HELD} FOR SHARE
        ), added AS (
            INSERT INTO jobs_joblog (job_id, attempt, seq, at, level, message)
            SELECT mine.id, %(attempt)s, %(after)s + line.number, line.at, line.level, line.message
            FROM mine, ROWS FROM (
                jsonb_to_recordset(%(lines)s::jsonb) AS (at timestamptz, level text, message text)
            ) WITH ORDINALITY AS line(at, level, message, number)
            ON CONFLICT (job_id, seq) DO NOTHING
        )
        SELECT id FROM mine"""
    # Each attempt has its own range of numbers, so that it need not know how far others came.
    after += (attempt - 1) * LOG_LINES_LIMIT
    texts = json.dumps(values, default=str)
    _one_row(sql, {"id": job_id, "attempt": attempt, "after": after, "lines": texts}, using)


def add_file(
    job_id: UUID,
    attempt: int,
    *,
    name: str,
    content_type: str,
    size: int,
    sha256: str,
    stored_name: str,
    using: str = DEFAULT_DB_ALIAS,
) -> str | None:
    """Store the row of an attempt's file; a second file of the same name replaces the first.

    The handler chose name and type, so characters that could break a header or URL are replaced.

    Returns: the stored name of the file that was replaced.
    Raises: LostAttempt.
    """
    sql = f"""WITH mine AS (
            SELECT id FROM jobs_job WHERE {HELD} FOR SHARE
        ), replaced AS (
            SELECT stored_name FROM jobs_jobfile WHERE job_id = %(id)s AND attempt = %(attempt)s
                AND name = %(name)s AND stored_name <> %(stored_name)s
        ), added AS (
            INSERT INTO jobs_jobfile (
                job_id, attempt, name, content_type, size, sha256, stored_name, created_at
            )
            SELECT id, %(attempt)s, %(name)s, %(content_type)s, %(size)s, %(sha256)s,
                %(stored_name)s, clock_timestamp()
            FROM mine
            ON CONFLICT (job_id, attempt, name) DO UPDATE SET content_type = excluded.content_type,
                size = excluded.size, sha256 = excluded.sha256, stored_name = excluded.stored_name
        )
        SELECT (SELECT stored_name FROM replaced) FROM mine"""
    values = {"id": job_id, "attempt": attempt, "size": size, "sha256": sha256}
    values |= {"name": file_name(name), "content_type": media_type(content_type)}
    values["stored_name"] = stored_name
    replaced: str | None = _one_row(sql, values, using)[0]
    return replaced


def _one_row(sql: str, values: dict[str, Any], using: str) -> tuple[Any, ...]:
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    if row is None:
        raise LostAttempt(str(values["id"]))
    return row
