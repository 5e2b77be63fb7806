"""How jobs of a type usually run, from its last jobs: the basis of all estimates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

RECENT = 100


@dataclass(frozen=True)
class Usual:
    """How long jobs of a type usually run, in seconds, from its last RECENT jobs."""

    p50: float
    p95: float
    mean: float


def usual_durations(types: Iterable[str]) -> dict[str, Usual]:
    """Return how long jobs of each of `types` usually run; types that never ran are absent.

    Source: the last settled jobs, index jobs_job_type_ran; one query.
    """
    sql = """SELECT wanted.type, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
            percentile_cont(0.95) WITHIN GROUP (ORDER BY seconds), avg(seconds)::float
        FROM unnest(%s::text[]) AS wanted(type), LATERAL (
            SELECT extract(epoch FROM finished_at - started_at)::float AS seconds FROM jobs_job
            WHERE type = wanted.type AND started_at IS NOT NULL AND finished_at IS NOT NULL
            ORDER BY finished_at DESC LIMIT %s
        ) AS recent
        GROUP BY wanted.type"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted(set(types)), RECENT])
        return {type: Usual(*figures) for type, *figures in cursor.fetchall()}


def last_settled(types: Iterable[str]) -> dict[str, tuple[str, datetime]]:
    """Return status and end of the last job of each of `types`; types that never ran are absent.

    Source: index jobs_job_type_ran; one query.
    """
    sql = """SELECT wanted.type, last.status, last.finished_at
        FROM unnest(%s::text[]) AS wanted(type), LATERAL (
            SELECT status, finished_at FROM jobs_job
            WHERE type = wanted.type AND started_at IS NOT NULL AND finished_at IS NOT NULL
            ORDER BY finished_at DESC LIMIT 1
        ) AS last"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted(set(types))])
        return {type: (status, finished_at) for type, status, finished_at in cursor.fetchall()}
