"""How jobs of a type usually run, from its last jobs: the basis of all estimates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from jobs.database import PreparedRead
from jobs.models import SETTLED
from jobs.stats.together import Read, rows_read

RECENT = 100
RUNS = 20
# Below this an estimate from progress is a guess: at 1 % the true share may be almost 2 %, and the
# first steps of a job are often unlike the others.
ENOUGH_PERCENT = 5
ENOUGH_SECONDS = 5
# Jobs that were cancelled or failed before they started are left out, but read. A thousand of them
# in a row end the search in their status.
READ = 1_000


@dataclass(frozen=True)
class Usual:
    """How long jobs of a type usually run, in seconds, from its last RECENT jobs."""

    p50: float
    p95: float


@dataclass(frozen=True)
class Run:
    """How a job ended that ran: its status, when, and how long it ran in seconds."""

    status: str
    finished_at: datetime
    seconds: float


def _last_runs(limit: int) -> str:
    """Return a query of the last `limit` jobs of the type `wanted.type` that ran."""
    of_each = " UNION ALL ".join(
        f"""(SELECT * FROM (
            SELECT status, started_at, finished_at FROM jobs_job
            WHERE status = '{status}' AND type = wanted.type
            ORDER BY finished_at DESC LIMIT {READ}
        ) AS ended WHERE started_at IS NOT NULL LIMIT {limit})"""
        for status in SETTLED
    )
    return f"""SELECT status, finished_at, extract(epoch FROM finished_at - started_at)::float
        AS seconds FROM ({of_each}) AS ran ORDER BY finished_at DESC LIMIT {limit}"""


def usual_durations(types: Iterable[str]) -> dict[str, Usual]:
    """Return how long jobs of each of `types` usually run; types that never ran are absent.

    Source: the last settled jobs, index jobs_job_ended for each status; one query.
    """
    [[rows]] = _usual_statement(RECENT).rows({"types": sorted(set(types))}, using=DEFAULT_DB_ALIAS)
    return _usual(rows)


def usual_durations_read(types: Iterable[str]) -> Read:
    """Return `usual_durations` as part of a statement."""
    return rows_read(_usual_sql("%s", RECENT), [sorted(set(types))], _usual)


def _usual_sql(types: str, recent: int) -> str:
    return f"""SELECT wanted.type, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS p50,
            percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds) AS p95
        FROM unnest({types}::text[]) AS wanted(type), LATERAL ({_last_runs(recent)}) AS recent
        GROUP BY wanted.type"""


@cache
def _usual_statement(recent: int) -> PreparedRead:
    sql = rows_read(_usual_sql("%(types)s", recent)).sql
    return PreparedRead("jobs_usual", sql, {"types": "text[]"})


def _usual(rows: Iterable[dict[str, Any]]) -> dict[str, Usual]:
    return {row["type"]: Usual(row["p50"], row["p95"]) for row in rows}


def seconds_left(elapsed: float, percent: float | None) -> float | None:
    """Return the seconds that a job still needs by its progress; None while that says too little.

    `elapsed` is the seconds since its start.
    """
    if percent is None or percent < ENOUGH_PERCENT or elapsed < ENOUGH_SECONDS:
        return None
    return elapsed * (100 - percent) / percent


def recent_runs(types: Iterable[str]) -> dict[str, list[Run]]:
    """Return the last RUNS runs of each of `types`, newest first; types that never ran are absent.

    Source: index jobs_job_ended for each status, and that many rows of each; one query.
    """
    sql = f"""SELECT wanted.type, last.status, last.finished_at, last.seconds
        FROM unnest(%s::text[]) AS wanted(type), LATERAL ({_last_runs(RUNS)}) AS last"""
    runs: dict[str, list[Run]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted(set(types))])
        for type, *figures in cursor.fetchall():
            runs.setdefault(type, []).append(Run(*figures))
    for found in runs.values():
        found.sort(key=lambda run: run.finished_at, reverse=True)
    return runs
