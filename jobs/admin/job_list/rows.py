"""Rows of jobs as the list shows them: each with its place in the queue and what is usual for its type."""

import time
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from jobs import stats
from jobs.models import Job, Status
from jobs.stats import Usual

# A Job with the four attributes that `prepared` adds.
Row = Any

REMEMBER_SECONDS = 30
_usual: dict[str, tuple[float, Usual | None]] = {}


def prepared(jobs: Iterable[Job]) -> list[Row]:
    """`jobs`, knowing `ahead`, `start_seconds`, `usual` and `is_slow`, which columns.py shows.

    Up to three queries.
    """
    rows: list[Row] = list(jobs)
    waiting = [job for job in rows if job.status == Status.PENDING]
    lines = stats.lines(waiting) if waiting else {}
    loads = stats.loads() if waiting else []
    usual = usual_durations(
        {job.type for job in rows if not job.is_settled} | stats.types_of(lines.values(), loads)
    )
    starts = {
        queue: dict(enumerate(stats.starts(queue, line, loads, usual)))
        for queue, line in lines.items()
    }
    for job in rows:
        line = lines.get(job.queue)
        job.usual = usual.get(job.type)
        job.ahead = line.places.get(job.pk) if line else None
        job.start_seconds = starts.get(job.queue, {}).get(job.ahead)
        job.is_slow = _is_slow(job)
    return rows


def usual_durations(types: set[str]) -> dict[str, Usual]:
    """stats.usual_durations, remembered for a while: what is usual does not change from one refresh to the next."""
    now = time.monotonic()
    stale = {one for one in types if one not in _usual or _usual[one][0] < now}
    if stale:
        found = stats.usual_durations(stale)
        _usual.update({one: (now + REMEMBER_SECONDS, found.get(one)) for one in stale})
    return {one: usual for one in types if (usual := _usual[one][1]) is not None}


def forget_usual() -> None:
    """Ask again at the next call, as a test does whose jobs are new."""
    _usual.clear()


def _is_slow(job: Row) -> bool:
    if job.status != Status.PROCESSING or job.usual is None or job.started_at is None:
        return False
    # A second of grace: jobs that take milliseconds are not slow for taking two of them.
    return bool((timezone.now() - job.started_at).total_seconds() > job.usual.p95 + 1)
