"""Exact figures, which read every job of the queryset: callers choose a period or filters."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Aggregate, Count, DurationField, F

from jobs.models import JobQuerySet, Status


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont: Percentile(expression, share=0.95)."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True)
class Times:
    """Median and 95th percentile of waiting and running, in seconds; None without such times."""

    wait_p50: float | None
    wait_p95: float | None
    run_p50: float | None
    run_p95: float | None


def count_by_status(jobs: JobQuerySet) -> dict[str, int]:
    """Count `jobs` by status: {"PENDING": 3, ...}, with 0 for absent statuses; one query."""
    found = dict(jobs.order_by().values_list("status").annotate(count=Count("*")))
    return {status: found.get(status, 0) for status in Status.values}


def count_by_type(jobs: JobQuerySet) -> dict[str, dict[str, int]]:
    """Count `jobs` by type and status: {"report": {"FAILED": 3}}; absent means 0; one query."""
    counts: dict[str, dict[str, int]] = {}
    rows = (
        jobs.order_by()
        .values_list("type", "status")
        .annotate(count=Count("*"))
        .order_by("type", "status")
    )
    for type, status, count in rows:
        counts.setdefault(type, {})[status] = count
    return counts


def failures(jobs: JobQuerySet, *, limit: int = 50) -> list[dict[str, Any]]:
    """Count the failed ones of `jobs` by type and error, most frequent first; one query.

    Returns [{"type", "error_code", "error_type", "count"}].
    """
    kinds = jobs.filter(status=Status.FAILED).order_by().values("type", "error_code", "error_type")
    rows = kinds.annotate(count=Count("*")).order_by("-count", "type", "error_code")
    return [dict(row) for row in rows[:limit]]


def times(jobs: JobQuerySet) -> Times:
    """Return how long `jobs` waited and ran; one query."""
    wait, run = F("started_at") - F("created_at"), F("finished_at") - F("started_at")
    found = jobs.order_by().aggregate(
        wait_p50=Percentile(wait, share=0.5),
        wait_p95=Percentile(wait, share=0.95),
        run_p50=Percentile(run, share=0.5),
        run_p95=Percentile(run, share=0.95),
    )
    return Times(**{name: _seconds(value) for name, value in found.items()})


def _seconds(value: timedelta | None) -> float | None:
    return None if value is None else round(value.total_seconds(), 3)
