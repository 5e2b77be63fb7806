"""The rows of the job list: jobs with their queue position and usual duration."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from jobs import about, stats
from jobs.admin import picture
from jobs.models import Job, Status
from jobs.stats import Line, Load, Usual

# A Job with the attributes `ahead`, `start_seconds`, `usual`, `is_slow` and `left_as`.
JobRow = Any

USUAL_CACHE_SECONDS = 30
_usual_cache: dict[str, tuple[float, Usual | None]] = {}


def prepare_rows(jobs: Iterable[Job]) -> list[JobRow]:
    """Return `jobs` with the attributes of a JobRow; at most three queries.

    The loads of workers are those that refreshes share: else the first one would send all
    estimates again.
    """
    rows: list[JobRow] = list(jobs)
    waiting = [job for job in rows if job.status == Status.PENDING]
    lines = stats.lines(waiting) if waiting else {}
    loads = picture.shared_loads() if waiting else []
    active_types = {job.type for job in rows if not job.is_settled}
    usual = cached_usual_durations(active_types | stats.types_of(lines.values(), loads))
    for job in rows:
        job.left_as = ""
    return with_estimates(rows, lines, loads, usual)


def add_subjects(request: HttpRequest, jobs: list[JobRow]) -> None:
    """Give each row `subject`: what the reader sees of the object that the job is about, or None.

    One query for each model of these objects.
    """
    subjects = about.subjects_of(request.user, jobs, request)
    for job in jobs:
        job.subject = subjects.get(job.pk)


def with_estimates(
    jobs: Iterable[JobRow],
    lines: Mapping[str, Line],
    loads: Iterable[Load],
    usual: Mapping[str, Usual],
) -> list[JobRow]:
    """Set the estimates of `jobs` from what was read for them, and return them."""
    rows: list[JobRow] = list(jobs)
    starts = {
        queue: dict(enumerate(stats.starts(queue, line, loads, usual)))
        for queue, line in lines.items()
    }
    now = timezone.now()
    for job in rows:
        line = lines.get(job.queue)
        job.usual = usual.get(job.type)
        job.ahead = line.place_of(job.pk) if line else None
        job.start_seconds = starts.get(job.queue, {}).get(job.ahead)
        job.is_slow = _is_slow(job, now)
    return rows


def cached_usual_durations(types: set[str]) -> dict[str, Usual]:
    """stats.usual_durations, cached for 30 s: refreshes come every few seconds."""
    stale = stale_usual_types(types)
    if stale:
        remember_usual_durations(stale, stats.usual_durations(stale))
    return known_usual_durations(types)


def stale_usual_types(types: Iterable[str]) -> set[str]:
    """Return those of `types` whose usual durations are not in the cache."""
    now = time.monotonic()
    return {one for one in types if one not in _usual_cache or _usual_cache[one][0] < now}


def remember_usual_durations(types: Iterable[str], found: Mapping[str, Usual]) -> None:
    """Keep for 30 s what was read for `types`."""
    expires = time.monotonic() + USUAL_CACHE_SECONDS
    _usual_cache.update({one: (expires, found.get(one)) for one in types})


def known_usual_durations(types: Iterable[str]) -> dict[str, Usual]:
    """Return what the cache has of `types`, however old."""
    found = {one: _usual_cache.get(one, (0.0, None))[1] for one in types}
    return {one: usual for one, usual in found.items() if usual is not None}


def clear_usual_cache() -> None:
    """Empty the cache of `cached_usual_durations`, for tests."""
    _usual_cache.clear()


def _is_slow(job: JobRow, now: datetime) -> bool:
    if job.status != Status.PROCESSING or job.usual is None or job.started_at is None:
        return False
    # One second of tolerance: a job that usually takes 1 ms is not slow when it takes 2 ms.
    return bool((now - job.started_at).total_seconds() > job.usual.p95 + 1)
