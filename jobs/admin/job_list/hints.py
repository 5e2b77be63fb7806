"""What an empty list says: which filter hides the most jobs."""

from collections.abc import Callable
from dataclasses import dataclass

from jobs import stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.job_list.filters import ListFilters
from jobs.filters import NEWEST_ID
from jobs.stats import GLANCE, Read
from jobs.stats.capped import COUNT_TIMEOUT_MILLISECONDS

# Each is a query on jobs, and some look up an account or count words before it.
FILTERS_LIMIT = 4


@dataclass(frozen=True)
class Hint:
    """A filter of an empty list, how many jobs match without it, and the address without it."""

    label: str
    count: str
    query: str


def best_hint(filters: ListFilters, address: Callable[..., str]) -> Hint | None:
    """Return the filter without which most jobs match; None if none alone hides any.

    `address` makes the list's address without the filters that it is given. One query, which counts
    to GLANCE and for a limited time.
    """
    names = sorted(filters.given)[:FILTERS_LIMIT]
    if filters.errors or len(names) < 2:
        return None
    reads = {name: _count_without(filters, name) for name in names}
    counts = stats.read_together(reads, COUNT_TIMEOUT_MILLISECONDS)
    if not counts or not any(counts.values()):
        return None
    count, name = max((count, name) for name, count in counts.items())
    return Hint(filters.chip_label(name), capped_count(count, GLANCE), address(remove=[name]))


def _count_without(filters: ListFilters, name: str) -> Read:
    jobs = filters.without(name).first((NEWEST_ID,), GLANCE + 1, is_sorted=False)
    return stats.count_read(jobs, GLANCE)
