"""The depth of the queues, and the live workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Sum

from jobs.database import distinct_values
from jobs.models import JobQuerySet, Status, Worker
from jobs.stats.capped import CAP
from jobs.stats.together import Read, rows_read

FIRST = 100


@dataclass(frozen=True)
class QueueDepth:
    """How many jobs wait in a queue, at most a cap + 1, and when the oldest was submitted."""

    queue: str
    waiting: int
    oldest_at: datetime


def waiting_by_queue(jobs: JobQuerySet, cap: int = CAP) -> list[QueueDepth]:
    """Return the queues in which some of `jobs` wait, by name; one query.

    `oldest_at` comes from the FIRST jobs to be taken. The oldest job is one of them unless it was
    published again; then `oldest_at` may be too late.
    Source: index jobs_job_waiting, probed for the name of each queue and read to `cap`.
    """
    part = waiting_by_queue_read(jobs, cap)
    with connection.cursor() as cursor:
        cursor.execute(part.sql, part.values)
        depths: list[QueueDepth] = part.load(cursor.fetchone()[0])
        return depths


def waiting_by_queue_read(jobs: JobQuerySet, cap: int = CAP) -> Read:
    """Return `waiting_by_queue` as part of a statement."""
    waiting = (
        jobs.filter(status=Status.PENDING).order_by().values("queue", "published_at", "created_at")
    )
    part, values = waiting.query.sql_with_params()
    queues = distinct_values("jobs_job", "queue", where=f"status = '{Status.PENDING}'")
    sql = f"""SELECT known.queue, (
            SELECT count(*) FROM (
                SELECT FROM ({part}) AS job WHERE queue = known.queue LIMIT {cap + 1}
            ) AS counted
        ) AS waiting, first.oldest_at FROM ({queues}) AS known(queue), LATERAL (
            SELECT min(created_at) AS oldest_at FROM (
                SELECT created_at FROM ({part}) AS job WHERE queue = known.queue
                ORDER BY published_at LIMIT {FIRST}
            ) AS taken_next
        ) AS first WHERE first.oldest_at IS NOT NULL ORDER BY known.queue"""
    return rows_read(sql, [*values, *values], lambda rows: [_depth(row) for row in rows])


def _depth(row: Mapping[str, Any]) -> QueueDepth:
    return QueueDepth(row["queue"], row["waiting"], datetime.fromisoformat(row["oldest_at"]))


def live_workers() -> dict[str, Any]:
    """Count the live workers and the jobs that they can run: {"live": 2, "slots": 8}; one query."""
    return Worker.objects.live().aggregate(live=Count("pk"), slots=Sum("slots", default=0))
