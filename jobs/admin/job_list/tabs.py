"""The tabs above the job list: all, each status, and the failures to review; their counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs import stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.job_list.filters import REVIEW, ListFilters
from jobs.admin.picture import ATTENTION_CAP, unseen_failures
from jobs.filters import OF_FAILURES
from jobs.models import Status
from jobs.stats import GLANCE, UNSEEN, Read

LABELS = {"": "All", **dict(Status.choices), REVIEW: "To review"}
# Sets of filters for which an index includes the status.
BY_STATUS = (set(), {"type"}, {"mine"})


class ListTabs:
    """The tabs of a list. All of them keep the filters that are not a tab.

    Counts are texts by tab: "" is all, a status, or REVIEW. Unknown counts are absent.
    """

    def __init__(self, filters: ListFilters, newest_first: tuple[str, ...]) -> None:
        self.current = filters.tab
        self._others = filters.given - {"status", "active", "unseen"}
        self._is_narrowed = bool(self._others) or (
            "unseen" in filters.given and self.current != REVIEW
        )
        self._filters = filters.without("unseen") if "unseen" in filters.given else filters
        self._newest_first = newest_first

    def counts_read(self) -> Read:
        """Return the read of the counts.

        With an index each status is counted to GLANCE. Without one only the newest GLANCE jobs of
        any status are read: finding 1,000 cancelled jobs of a common source can mean half the
        table.
        """
        if self._others not in BY_STATUS:
            return self._first_read(Status.values).then(_texts_of_first)
        jobs = self._filters.in_any_status
        parts = {"counts": stats.counts_to_read(jobs, GLANCE)}
        if self._others:
            parts["unseen"] = self._first_read([Status.FAILED]).then(_unseen_of_first)
        else:  # the number in the header
            unseen = stats.count_read(unseen_failures(jobs).order_by(), ATTENTION_CAP)
            parts["unseen"] = unseen.then(_unseen_text)
        return stats.joined_read(parts).then(_texts_by_index)

    def _first_read(self, statuses: Sequence[str]) -> Read:
        newest = self._filters.first(self._newest_first, GLANCE + 1, statuses=statuses)
        return stats.counts_of_first_read(newest, GLANCE, has_unseen=True)

    def counts(self, found: Mapping[str, str] | None, counted: int, limit: int) -> dict[str, str]:
        """Return the counts: those that were read, None if that took too long, and the current one.

        `counted` is the paginator's number of the jobs on the current tab, which ends at `limit`.
        """
        counts = dict(found or {})
        text = capped_count(counted, limit)
        if self._others & OF_FAILURES:
            counts |= dict.fromkeys(set(Status.values) - {Status.FAILED}, "0")
            if self.current in ("", Status.FAILED):  # all jobs that match have failed
                counts |= {"": text, Status.FAILED: text}
        if self.current == REVIEW and self._others:
            counts[REVIEW] = capped_count(counted, ATTENTION_CAP)
        elif self._is_narrowed and self.current is not None:
            counts[self.current] = text
        return counts


def _texts_by_index(found: Mapping[str, Any]) -> dict[str, str]:
    texts = {status: capped_count(count, GLANCE) for status, count in found["counts"].items()}
    return texts | {REVIEW: found["unseen"]}


def _texts_of_first(found: dict[str, int]) -> dict[str, str]:
    """Return the texts of the counts among the first jobs, which may be all that match."""
    unseen = _unseen_of_first(found)
    found = {status: count for status, count in found.items() if status != UNSEEN}
    total = sum(found.values())
    if total <= GLANCE:
        exact = {status: f"{found.get(status, 0):,}" for status in Status.values}
        return exact | {"": f"{total:,}", REVIEW: unseen}
    at_least = {status: f"{min(count, GLANCE):,}+" for status, count in found.items()}
    return at_least | {"": f"{GLANCE:,}+"} | ({REVIEW: unseen} if unseen != "0+" else {})


def _unseen_of_first(found: Mapping[str, int]) -> str:
    total = sum(count for key, count in found.items() if key != UNSEEN)
    text = _unseen_text(found.get(UNSEEN, 0))
    return f"{text}+" if total > GLANCE and not text.endswith("+") else text


def _unseen_text(count: int) -> str:
    return capped_count(count, ATTENTION_CAP)
