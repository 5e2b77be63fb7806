"""Read-only figures of jobs, for the admin, the API and estimates.

Functions that take `jobs` count within that queryset: callers choose the visible jobs, the filters
and the period.
"""

from jobs.stats.active import active_by_type_read
from jobs.stats.capped import (
    CAP,
    GLANCE,
    UNSEEN,
    count_read,
    counts_in_time,
    counts_of_first,
    counts_of_first_read,
    counts_to,
    counts_to_read,
    in_time,
    settled_by_hour,
    settled_by_hour_read,
)
from jobs.stats.causes import (
    DAY_CAP,
    FailureGroup,
    failure_groups,
    failure_groups_read,
)
from jobs.stats.exact import Times, count_by_status, count_by_type, failures, times
from jobs.stats.queues import QueueDepth, live_workers, waiting_by_queue, waiting_by_queue_read
from jobs.stats.starts import (
    Line,
    Load,
    lines,
    lines_read,
    loads,
    loads_read,
    starts,
    types_of,
)
from jobs.stats.together import Read, joined_read, objects_read, read_together, values_read
from jobs.stats.usual import (
    Run,
    Usual,
    recent_runs,
    seconds_left,
    usual_durations,
    usual_durations_read,
)

__all__ = [
    "CAP",
    "DAY_CAP",
    "GLANCE",
    "UNSEEN",
    "FailureGroup",
    "Line",
    "Load",
    "QueueDepth",
    "Read",
    "Run",
    "Times",
    "Usual",
    "active_by_type_read",
    "count_by_status",
    "count_by_type",
    "count_read",
    "counts_in_time",
    "counts_of_first",
    "counts_of_first_read",
    "counts_to",
    "counts_to_read",
    "failure_groups",
    "failure_groups_read",
    "failures",
    "in_time",
    "joined_read",
    "lines",
    "lines_read",
    "live_workers",
    "loads",
    "loads_read",
    "objects_read",
    "read_together",
    "recent_runs",
    "seconds_left",
    "settled_by_hour",
    "settled_by_hour_read",
    "starts",
    "times",
    "types_of",
    "usual_durations",
    "usual_durations_read",
    "values_read",
    "waiting_by_queue",
    "waiting_by_queue_read",
]
