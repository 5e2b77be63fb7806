"""Which scans give the first jobs of a list, by its filters.

The indexes of jobs begin with a status, or with a column and a status, because most lists are of
some statuses. So there is a scan for each status, and for each value of the column that the index
has besides.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from jobs.database import Scan, scan_of_each, with_ids_of
from jobs.filters.owners import Owners
from jobs.models import NOT_RUNNING, SETTLED, JobQuerySet, Source, Status

IN_INDEX = f"status IN ({', '.join(repr(str(status)) for status in NOT_RUNNING)})"
SOURCES = " UNION ALL ".join(f"SELECT '{source}'" for source in Source.values)

# Filters behind which these scans are in order. Others have an index of their own, and few jobs.
OF_CREATORS = {"created_by", "mine"}
BY_COLUMN = {"type", "queue", "source", *OF_CREATORS}
OF_ENDS = {"finished_after", "finished_before", "ended"}
OF_STARTS = {"started_after", "started_before"}
OF_CREATION = {"created_after", "created_before", "created"}
WORDS = {"q", "name", "error"}
OF_FAILURES = {"error", "error_code", "error_type", "fingerprint", "unseen"}
# Behind these the primary key would walk past most jobs.
NARROWING = {"type", "queue", "source", "error_type"}
SCANNED = {*BY_COLUMN, *OF_ENDS, *OF_STARTS, *OF_CREATION, "status", "active", "error_type"}
# Of a token only the order of ids has an index.
SCANNED_BY_ID = {*SCANNED, "token"}
# The others have an index of their own, in the order of ids.
SCANNED_BY_END = {*SCANNED, "error_code", "fingerprint", "unseen"}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """The jobs of a list in any status, and what its filters say of them."""

    every: JobQuerySet
    jobs: JobQuerySet  # those of `every` that match
    given: frozenset[str]
    owners: Owners | None  # whose jobs the filters leave
    are_walked: bool  # many jobs have the words, so that they are met on the way

    def first(
        self, order: Sequence[str], limit: int, statuses: Collection[str], *, is_sorted: bool
    ) -> JobQuerySet:
        """Return at least the first `limit` jobs in `statuses`, in `order`."""
        by_end = order[0].endswith("finished_at")
        found = _reached(statuses, self.given, by_end=by_end)
        if not self._is_scanned(statuses, by_end=by_end):
            is_any = len(found) == len(Status)
            return (self.jobs if is_any else self.jobs.filter(status__in=found)).order_by(*order)
        parts = list(self._scans(found, by_end=by_end))
        if len(parts) == 1 and not parts[0].column:
            return parts[0].rows.order_by(*order)
        return with_ids_of(self.every, parts, order, limit, is_sorted=is_sorted)

    def _is_scanned(self, statuses: Collection[str], *, by_end: bool) -> bool:
        """Whether the indexes of statuses serve the list: only jobs_job_ended orders by the end.

        By id the primary key gives a list that no filter narrows but by times. PostgreSQL knows
        whether words are found sooner on the way from the newest job.
        """
        if by_end:
            return self.given - (WORDS if self.are_walked else set()) <= SCANNED_BY_END
        is_narrowed = len(statuses) < len(Status) or self.owners or self.given & NARROWING
        return bool(is_narrowed) and self.given <= SCANNED_BY_ID

    def _scans(self, statuses: Collection[str], *, by_end: bool) -> Iterator[Scan[JobQuerySet]]:
        for status in statuses:
            of_status = self.jobs.filter(status=status)
            if status == Status.PROCESSING:
                yield Scan(of_status)  # the few jobs that run are sorted
            elif self.owners is not None and not by_end:
                yield from self.owners.scans(of_status)
            else:
                yield _scan(of_status, status, self.given & BY_COLUMN, by_end=by_end)


def _reached(statuses: Collection[str], given: Collection[str], *, by_end: bool) -> list[str]:
    """Return those of `statuses` that jobs behind such filters have."""
    left = [*statuses]
    if OF_FAILURES & {*given}:
        left = [status for status in left if status == Status.FAILED]
    if by_end or OF_ENDS & {*given}:
        left = [status for status in left if status in SETTLED]
    if OF_STARTS & {*given}:
        left = [status for status in left if status != Status.PENDING]
    return left


def _scan(
    jobs: JobQuerySet, status: str, columns: Collection[str], *, by_end: bool
) -> Scan[JobQuerySet]:
    if not columns or (by_end and "type" not in columns):
        return scan_of_each(jobs, "type", f"status = '{status}'")
    if columns == {"queue"} and not by_end:
        return Scan(jobs, "source", SOURCES)
    if columns == {"source"} and not by_end:
        return scan_of_each(jobs, "queue", IN_INDEX)
    return Scan(jobs)
