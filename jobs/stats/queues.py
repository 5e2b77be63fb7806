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
WAITS = f"status = '{Status.PENDING}'"


@dataclass(frozen=True)
class QueueDepth:
    """How many jobs wait in a queue, and when the oldest was submitted.

    `waiting` are all, and `parked` those of them that are on hold or wait for room, each at most a
    cap + 1. `oldest_at` is that of the jobs in line; if there are none, of the parked ones.
    """

    queue: str
    waiting: int
    oldest_at: datetime
    parked: int = 0


def waiting_by_queue(jobs: JobQuerySet, cap: int = CAP) -> list[QueueDepth]:
    """Return the queues in which some of `jobs` wait, by name; one query.

    `oldest_at` comes from the FIRST jobs to be taken. The oldest job is one of them unless it was
    published again; then `oldest_at` may be too late.
    Source: indexes jobs_job_in_line and jobs_job_parked, probed for the name of each queue and read
    to `cap`.
    """
    part = waiting_by_queue_read(jobs, cap)
    with connection.cursor() as cursor:
        cursor.execute(part.sql, part.values)
        depths: list[QueueDepth] = part.load(cursor.fetchone()[0])
        return depths


def waiting_by_queue_read(jobs: JobQuerySet, cap: int = CAP) -> Read:
    """Return `waiting_by_queue` as part of a statement."""
    waiting = jobs.filter(status=Status.PENDING).order_by()
    in_line, values = _figures(waiting.filter(parked_by=""), "published_at", cap)
    parked, more = _figures(waiting.exclude(parked_by=""), "id", cap)
    names = " UNION ".join(
        "({})".format(distinct_values("jobs_job", "queue", where=f"{WAITS} AND {condition}"))
        for condition in ("parked_by = ''", "parked_by <> ''")
    )
    sql = f"""SELECT known.queue, in_line.count + parked.count AS waiting, parked.count AS parked,
            coalesce(in_line.oldest_at, parked.oldest_at) AS oldest_at
        FROM ({names}) AS known(queue), LATERAL ({in_line}) AS in_line, LATERAL ({parked}) AS parked
        WHERE in_line.count + parked.count > 0 ORDER BY known.queue"""
    return rows_read(sql, [*values, *more], lambda rows: [_depth(row) for row in rows])


def _figures(jobs: JobQuerySet, order: str, cap: int) -> tuple[str, list[Any]]:
    """Return a query of the count of `jobs` in the queue `known.queue`, and of its oldest."""
    part, values = jobs.values("queue", order, "created_at").query.sql_with_params()
    sql = f"""SELECT (
            SELECT count(*) FROM (
                SELECT FROM ({part}) AS job WHERE queue = known.queue LIMIT {cap + 1}
            ) AS counted
        ) AS count, (
            SELECT min(created_at) FROM (
                SELECT created_at FROM ({part}) AS job WHERE queue = known.queue
                ORDER BY {order} LIMIT {FIRST}
            ) AS first
        ) AS oldest_at"""
    return sql, [*values, *values]


def _depth(row: Mapping[str, Any]) -> QueueDepth:
    oldest_at = datetime.fromisoformat(row["oldest_at"])
    return QueueDepth(row["queue"], row["waiting"], oldest_at, row["parked"])


def live_workers() -> dict[str, Any]:
    """Count the live workers and the jobs that they can run: {"live": 2, "slots": 8}; one query."""
    return Worker.objects.live().aggregate(live=Count("pk"), slots=Sum("slots", default=0))
