"""Rows of jobs as the list shows them: each with its place in the queue and what is usual for its type."""

import time
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from jobs import explain, stats
from jobs.models import Job, Status, Worker
from jobs.stats import Usual

# A Job with the four attributes that `prepared` adds.
Row = Any

REMEMBER_SECONDS = 30
_usual: dict[str, tuple[float, Usual | None]] = {}


def prepared(jobs: Iterable[Job]) -> list[Row]:
    """`jobs`, knowing `ahead`, `start_seconds`, `usual` and `is_slow`, which columns.py shows. Up to three queries."""
    rows: list[Row] = list(jobs)
    waiting = [job for job in rows if job.status == Status.PENDING]
    places = explain.places(waiting) if waiting else {}
    slots = _slots_by_queue() if waiting else {}
    usual = usual_durations({job.type for job in rows if not job.is_settled})
    for job in rows:
        job.usual = usual.get(job.type)
        job.ahead = places.get(job.pk)
        job.start_seconds = _start_seconds(job, slots.get(job.queue, 0))
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


def _slots_by_queue() -> dict[str, int]:
    """How many jobs the live workers of each queue run at a time; one query of the few rows of jobs_worker."""
    slots: dict[str, int] = {}
    for worker in Worker.objects.live():
        for queue in worker.queues:
            slots[queue] = slots.get(queue, 0) + worker.slots
    return slots


def _start_seconds(job: Row, slots: int) -> float | None:
    if job.ahead is None or job.usual is None or not slots:
        return None
    return float(job.usual.mean * job.ahead / slots)


def _is_slow(job: Row) -> bool:
    if job.status != Status.PROCESSING or job.usual is None or job.started_at is None:
        return False
    # A second of grace: jobs that take milliseconds are not slow for taking two of them.
    return bool((timezone.now() - job.started_at).total_seconds() > job.usual.p95 + 1)
