"""The targets of a bulk action: the jobs that matched the list's filters at one moment."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Q

from jobs import access
from jobs.filters import JobFilters
from jobs.models import JobQuerySet
from jobs.services.actions import bulk_types
from jobs.services.actions.action import Action

ID_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The jobs that matched `filters`, in a status of `action`, `as_of` a moment.

    `filters` are those of the list's address. If `ticked` is set, only these ids are targets; if
    `newest` is set, no larger id is one; `without` never is.
    """

    user: Any
    action: Action
    filters: Mapping[str, str]
    as_of: datetime
    newest: UUID | None = None
    ticked: Collection[UUID] | None = None
    without: UUID | None = None

    @cached_property
    def _listed(self) -> JobFilters:
        """The list's filters, with acknowledgements as of the moment."""
        visible = access.visible_jobs(self.user)
        return JobFilters(self.filters, visible, user=self.user, as_of=self.as_of)

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """The statuses of the action that the filters include."""
        return tuple(one for one in self.action.statuses if one in self._listed.statuses)

    @cached_property
    def matching(self) -> JobQuerySet:
        """The jobs that match in any status; none if a filter is invalid."""
        jobs = self._listed.in_any_status
        if self.newest is not None:
            jobs = jobs.filter(id__lte=self.newest)
        if self.ticked is not None:
            jobs = jobs.filter(id__in=self.ticked)
        return jobs if self.without is None else jobs.exclude(id=self.without)

    @property
    def listed(self) -> JobQuerySet:
        """The jobs that the list shows now."""
        return self.matching.filter(status__in=self._listed.statuses)

    @property
    def skipped_by_status(self) -> JobQuerySet:
        """The listed jobs whose status did not allow the action as of the moment."""
        others = set(self._listed.statuses).difference(self.action.statuses)
        return self.matching.filter(status__in=others).exclude(finished_at__gt=self.as_of)

    @property
    def remaining(self) -> JobQuerySet:
        """The targets to which the action can still be done."""
        return self._targets_among(self.matching.filter(status__in=self.statuses))

    @property
    def to_do(self) -> JobQuerySet:
        """The jobs whose status and rights allow the action now, including `refused`.

        `as_of` must be now: only the present status is compared, so that PostgreSQL reads nothing
        but an index.
        """
        jobs = self.matching.filter(status__in=self.statuses)
        return self.action.reachable(self.user, self._without_spared(jobs))

    @property
    def refused(self) -> JobQuerySet:
        """Those of `to_do` for which the action is refused.

        They are counted separately, because no index holds the others.
        """
        return self.action.refused(self.to_do)

    @property
    def changed(self) -> JobQuerySet:
        """The targets that have started or ended since the moment."""
        since = Q(started_at__gt=self.as_of) | Q(finished_at__gt=self.as_of)
        return self._targets_among(self.matching.filter(since))

    def _targets_among(self, jobs: JobQuerySet) -> JobQuerySet:
        """Those of `jobs` whose status allowed the action as of the moment."""
        return self._without_spared(jobs.that_were(self.statuses, self.as_of))

    def _without_spared(self, jobs: JobQuerySet) -> JobQuerySet:
        return jobs.exclude(type__in=bulk_types()) if self.action.spares_bulk_jobs else jobs

    def first_of(self, jobs: JobQuerySet, limit: int, statuses: Collection[str]) -> JobQuerySet:
        """At least the first `limit` of `jobs`, some of `matching` in any of `statuses`, by id."""
        return self._listed.first(("id",), limit, jobs=jobs, statuses=statuses)

    def first(self, limit: int) -> list[UUID]:
        """The ids of at most `limit` targets, in ascending order."""
        remaining = self.first_of(self.remaining, limit, self.statuses)
        ids = dict.fromkeys(remaining.values_list("id", flat=True)[:limit])
        if len(ids) < limit:
            ids |= dict.fromkeys(self.changed.order_by("id").values_list("id", flat=True)[:limit])
        return sorted(ids)[:limit]

    def pages(self, size: int) -> "Pages":
        """The ids of all targets, read in one statement, because a bulk job may run for an hour."""
        ids = self.remaining.values_list("id", flat=True).union(
            self.changed.values_list("id", flat=True)
        )
        found = bytearray()  # a list of a million UUIDs would take 100 MB
        for job_id in ids.order_by("id").iterator():
            found += job_id.bytes
        return Pages(found, size)


class Pages:
    """Lists of at most `size` ids; `len()` is the number of all ids."""

    def __init__(self, found: bytearray, size: int) -> None:
        self._found, self._size = found, size

    def __len__(self) -> int:
        return len(self._found) // ID_BYTES

    def __iter__(self) -> Iterator[list[UUID]]:
        for start in range(0, len(self), self._size):
            part = range(start, min(start + self._size, len(self)))
            yield [self._id(number) for number in part]

    def _id(self, number: int) -> UUID:
        return UUID(bytes=bytes(self._found[number * ID_BYTES : (number + 1) * ID_BYTES]))
