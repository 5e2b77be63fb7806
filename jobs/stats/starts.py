"""Estimates of when waiting jobs start.

They follow from the running jobs, the jobs ahead, and the usual durations of their types.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from jobs.database import PreparedRead
from jobs.models import Job, Status
from jobs.stats.capped import GLANCE
from jobs.stats.together import Read, rows_read
from jobs.stats.usual import Usual, seconds_left


@dataclass(frozen=True)
class Line:
    """The first jobs of a queue: their types in the order of taking, and some places by id."""

    types: Sequence[str]
    places: Mapping[str, int]

    def place_of(self, job_id: UUID | str) -> int | None:
        """Return how many jobs are taken before this one; None if `lines` was not asked for it."""
        return self.places.get(str(job_id))


@dataclass(frozen=True)
class Running:
    """A running job: its type, the seconds since its start, and its progress if it reports any."""

    type: str
    elapsed: float
    percent: int | None


@dataclass(frozen=True)
class Load:
    """A live worker: its slots, queues and types, the queues with waiting jobs, and its jobs."""

    slots: int
    queues: Sequence[str]
    types: Sequence[str]
    waiting_in: Sequence[str]
    running: Sequence[Running]


def lines(jobs: Iterable[Job]) -> dict[str, Line]:
    """Return the line of each queue in which one of `jobs` waits; one query.

    A line ends with the last of `jobs` in its queue, or after GLANCE jobs. Parked jobs are in none.
    Source: index jobs_job_in_line, and the rows of that many jobs.
    """
    waiting = list(jobs)
    last: dict[str, datetime] = {}
    for job in waiting:
        last[job.queue] = max(job.published_at, last.get(job.queue, job.published_at))
    values = {"queues": [*last], "last": [*last.values()], "ids": [job.pk for job in waiting]}
    rows = LINES.rows(values, using=DEFAULT_DB_ALIAS)
    return {queue: _line(*rest) for queue, *rest in rows}


def lines_read(ids: Any) -> Read:
    """Return `lines` of the waiting jobs among `ids`, an array, as part of a statement."""
    wanted = f"""(SELECT queue, max(published_at) FROM jobs_job
        WHERE id = ANY(%s) AND status = '{Status.PENDING}' GROUP BY queue)"""
    return rows_read(
        _lines_sql(wanted, "%s"),
        [ids, ids],
        lambda rows: {row["queue"]: _line(row["types"], row["ids"], row["places"]) for row in rows},
    )


def _lines_sql(wanted: str, ids: str) -> str:
    """The lines of the queues in `wanted`, each to its last time of publication."""
    return f"""SELECT wanted.queue, first.types, first.ids, first.places
        FROM {wanted} AS wanted(queue, last), LATERAL (
            SELECT array_agg(type ORDER BY place) AS types,
                array_agg(id ORDER BY place) FILTER (WHERE asked) AS ids,
                array_agg(place ORDER BY place) FILTER (WHERE asked) AS places
            FROM (
                SELECT id, type, id = ANY({ids}) AS asked,
                    row_number() OVER (ORDER BY published_at, id) - 1 AS place
                FROM jobs_job
                WHERE status = '{Status.PENDING}' AND parked_by = '' AND queue = wanted.queue
                    AND published_at <= wanted.last
                ORDER BY published_at, id LIMIT {GLANCE}
            ) AS line
        ) AS first"""


LINES = PreparedRead(
    "jobs_lines",
    _lines_sql("unnest(%(queues)s::text[], %(last)s::timestamptz[])", "%(ids)s"),
    {"queues": "text[]", "last": "timestamptz[]", "ids": "uuid[]"},
)


def _line(types: Any, ids: Any, places: Any) -> Line:
    return Line(types or [], dict(zip(map(str, ids or []), places or [], strict=True)))


def loads() -> list[Load]:
    """Return what each live worker runs and serves; one query.

    Source: jobs_worker, index jobs_job_status_type, a probe of jobs_job_in_line for each queue.
    """
    [[rows]] = LOADS.rows({"lease": settings.JOBS_LEASE_SECONDS}, using=DEFAULT_DB_ALIAS)
    return _loads(rows)


def loads_read() -> Read:
    """Return `loads` as part of a statement."""
    return rows_read(_loads_sql("%s"), [settings.JOBS_LEASE_SECONDS], _loads)


def _loads_sql(lease: str) -> str:
    return f"""WITH running AS MATERIALIZED (
            SELECT worker, jsonb_agg(jsonb_build_array(
                type, extract(epoch FROM clock_timestamp() - started_at), progress_percent
            )) AS jobs
            FROM jobs_job WHERE status = '{Status.PROCESSING}' GROUP BY worker
        )
        SELECT slots, queues, types, (
            SELECT coalesce(json_agg(name), '[]')
            FROM jsonb_array_elements_text(queues) AS served(name)
            WHERE EXISTS (
                SELECT FROM jobs_job
                WHERE status = '{Status.PENDING}' AND parked_by = '' AND queue = served.name
            )
        ) AS waiting_in, coalesce(running.jobs, '[]') AS running
        FROM jobs_worker LEFT JOIN running ON running.worker = jobs_worker.id
        WHERE consuming AND heartbeat_at > clock_timestamp() - {lease} * interval '1 second'"""


LOADS = PreparedRead(
    "jobs_loads", rows_read(_loads_sql("%(lease)s")).sql, {"lease": "double precision"}
)


def _loads(rows: Iterable[dict[str, Any]]) -> list[Load]:
    return [Load(**row | {"running": [Running(*one) for one in row["running"]]}) for row in rows]


def types_of(lines: Iterable[Line], loads: Iterable[Load]) -> set[str]:
    """Return the types whose usual durations `starts` needs."""
    running = {one.type for load in loads for one in load.running}
    return running.union(*(line.types for line in lines))


def starts(
    queue: str, line: Line, loads: Iterable[Load], usual: Mapping[str, Usual]
) -> list[float]:
    """Estimate in how many seconds each job of the line starts; the list ends at the first unknown.

    Each job takes the slot that is free first, for the usual duration of its type. The start is
    unknown after a job of a type that never ran, while a job runs longer than usual, and while jobs
    wait for the same workers in other queues.
    """
    serving = [load for load in loads if queue in load.queues]
    if any(set(load.waiting_in) - {queue} for load in serving):
        return []
    free: list[float] = []
    for load in serving:
        left = [_seconds_left(one, usual.get(one.type)) for one in load.running]
        if any(seconds is None for seconds in left):
            return []
        busy = [seconds for seconds in left if seconds is not None]
        free += busy + [0.0] * (load.slots - len(busy))
    return list(_start_times(free, line.types, usual)) if free else []


def _start_times(
    free: list[float], types: Iterable[str], usual: Mapping[str, Usual]
) -> Iterator[float]:
    heapq.heapify(free)
    for one in types:
        yield free[0]
        if one not in usual:
            return
        heapq.heapreplace(free, free[0] + usual[one].p50)


def _seconds_left(job: Running, usual: Usual | None) -> float | None:
    """Estimate the seconds that a job still runs; None if it runs longer than usual.

    Its own progress comes first, then the median and the 95th percentile of its type.
    """
    if (left := seconds_left(job.elapsed, job.percent)) is not None:
        return left
    if usual is None:
        return None
    return next((end - job.elapsed for end in (usual.p50, usual.p95) if job.elapsed <= end), None)
