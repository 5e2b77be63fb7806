"""Read-only figures of jobs, for the admin, the API and estimates.

Functions that take `jobs` count within that queryset: callers choose the visible jobs, the filters
and the period.
"""

from jobs.stats.capped import (
    CAP,
    GLANCE,
    Failures,
    counts_in_time,
    counts_of_first,
    counts_to,
    recent_failures,
    settled_by_hour,
)
from jobs.stats.exact import Times, count_by_status, count_by_type, failures, times
from jobs.stats.queues import QueueDepth, live_workers, waiting_by_queue
from jobs.stats.starts import Line, Load, lines, loads, starts, types_of
from jobs.stats.usual import Run, Usual, recent_runs, seconds_left, usual_durations

__all__ = [
    "CAP",
    "GLANCE",
    "Failures",
    "Line",
    "Load",
    "QueueDepth",
    "Run",
    "Times",
    "Usual",
    "count_by_status",
    "count_by_type",
    "counts_in_time",
    "counts_of_first",
    "counts_to",
    "failures",
    "lines",
    "live_workers",
    "loads",
    "recent_failures",
    "recent_runs",
    "seconds_left",
    "settled_by_hour",
    "starts",
    "times",
    "types_of",
    "usual_durations",
    "waiting_by_queue",
]
