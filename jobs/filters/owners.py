"""Whose jobs a list shows: what accounts and API tokens have in common."""

from collections.abc import Iterator, Sequence

from jobs.database import Scan, with_ids_of
from jobs.models import JobQuerySet, Status


class Owners:
    """The accounts or the API tokens whose jobs are listed."""

    def scans(self, jobs: JobQuerySet) -> Iterator[Scan[JobQuerySet]]:
        """Yield the scans of `jobs`, of one status, that an index keeps in order."""
        raise NotImplementedError

    def first(self, jobs: JobQuerySet, order: Sequence[str], limit: int) -> JobQuerySet:
        """Return the first `limit` of `jobs`, which are of these owners, in any status."""
        parts = [one for status in Status for one in self.scans(jobs.filter(status=status))]
        return with_ids_of(jobs, parts, order, limit)
