"""Read-only figures over jobs, for the API's statistics and the estimates in explain.py.

Functions that take `jobs` count within that queryset, so callers choose whose jobs, which filters and which period.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Count, DurationField, F, Min

from jobs.models import Job, JobQuerySet, Status

RECENT = 100


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: Percentile(expression, share=0.95)."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Usual:
    """How long jobs of a type usually run, in seconds, by at most the last RECENT ones."""

    p50: float
    p95: float
    mean: float


@dataclass(frozen=True)
class Times:
    """Median and 95th percentile of waiting and running, in seconds; None where no job has such a time."""

    wait_p50: float | None
    wait_p95: float | None
    run_p50: float | None
    run_p95: float | None


@dataclass(frozen=True)
class QueueDepth:
    """The jobs that wait in a queue; `oldest_at` is when the one that waits longest was submitted."""

    queue: str
    waiting: int
    oldest_at: datetime


def count_by_status(jobs: JobQuerySet) -> dict[str, int]:
    """Count `jobs` per status: {"PENDING": 3, ...}, with 0 for statuses that do not occur; one query."""
    found = dict(jobs.order_by().values_list("status").annotate(count=Count("*")))
    return {status: found.get(status, 0) for status in Status.values}


def count_by_type(jobs: JobQuerySet) -> dict[str, dict[str, int]]:
    """Count `jobs` per type and status: {"report": {"FAILED": 3}}; absent means 0; one query."""
    counts: dict[str, dict[str, int]] = {}
    rows = jobs.order_by().values_list("type", "status").annotate(count=Count("*")).order_by("type", "status")
    for type, status, count in rows:
        counts.setdefault(type, {})[status] = count
    return counts


def failures(jobs: JobQuerySet, *, limit: int = 50) -> list[dict[str, Any]]:
    """The failed ones of `jobs` by type and error, most frequent first; one query.

    Returns [{"type", "error_code", "error_type", "count"}].
    """
    kinds = jobs.filter(status=Status.FAILED).order_by().values("type", "error_code", "error_type")
    rows = kinds.annotate(count=Count("*")).order_by("-count", "type", "error_code")
    return [dict(row) for row in rows[:limit]]


def times(jobs: JobQuerySet) -> Times:
    """How long `jobs` waited and ran; one query."""
    wait, run = F("started_at") - F("created_at"), F("finished_at") - F("started_at")
    found = jobs.order_by().aggregate(
        wait_p50=Percentile(wait, share=0.5),
        wait_p95=Percentile(wait, share=0.95),
        run_p50=Percentile(run, share=0.5),
        run_p95=Percentile(run, share=0.95),
    )
    return Times(**{name: _seconds(value) for name, value in found.items()})


def waiting_by_queue(jobs: JobQuerySet | None = None) -> list[QueueDepth]:
    """The queues in which jobs wait (of all jobs unless told), by name; one query.

    Source: index jobs_job_waiting.
    """
    waiting = (Job.objects.all() if jobs is None else jobs).filter(status=Status.PENDING).order_by()
    rows = waiting.values_list("queue").annotate(count=Count("*"), oldest=Min("created_at")).order_by("queue")
    return [QueueDepth(*row) for row in rows]


def usual_durations(types: Iterable[str]) -> dict[str, Usual]:
    """How long jobs of each of `types` usually run, by the last settled ones; types that never ran are absent.

    Source: index jobs_job_type_ran; one query.
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
    """Status and end of the last job of each of `types` that ran; types that never ran are absent.

    Source: index jobs_job_type_ran; one query.
    """
    sql = """SELECT wanted.type, last.status, last.finished_at FROM unnest(%s::text[]) AS wanted(type), LATERAL (
            SELECT status, finished_at FROM jobs_job
            WHERE type = wanted.type AND started_at IS NOT NULL AND finished_at IS NOT NULL
            ORDER BY finished_at DESC LIMIT 1
        ) AS last"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [sorted(set(types))])
        return {type: (status, finished_at) for type, status, finished_at in cursor.fetchall()}


def _seconds(value: timedelta | None) -> float | None:
    return None if value is None else round(value.total_seconds(), 3)
