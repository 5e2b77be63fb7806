"""The job list behind its page: filtered, counted with a cap, in the order of its tab, at any size of the table."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.admin.views.main import ChangeList
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F
from django.db.models.lookups import Exact
from django.http import HttpRequest

from jobs import stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.job_list import rows
from jobs.admin.job_list.filters import ListFilters, filter_query
from jobs.filters import newest_first
from jobs.models import JobQuerySet, Status
from jobs.stats import GLANCE

# Filters behind which each status has an index.
BY_STATUS = (set(), {"type"}, {"mine"})
# Those that only failures pass.
OF_FAILURES = {"error_code", "error_type", "unseen"}


@dataclass(frozen=True)
class Tab:
    """One status, or all of them, above the list."""

    label: str
    status: str
    count: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class Chip:
    """A filter that no control shows: its label, and the list's address without it."""

    label: str
    query: str


class EqualsAny(Exact):
    """The condition that a column equals an element of an array: `id = ANY (ARRAY(SELECT ...))`."""

    def get_rhs_op(self, connection, rhs):
        return f"= ANY {rhs}"


class JobChangeList(ChangeList):
    """Django's list with our filters and tabs instead of its own."""

    root_queryset: JobQuerySet

    def get_queryset(self, request, exclude_parameters=None):
        """The jobs of the chosen tab that the filters leave, in the tab's order."""
        self.filter_specs, self.has_filters = [], False
        self.filters = ListFilters(filter_query(request), self.root_queryset, user=request.user)
        self.active_filters = self.filters.given - {"status", "active"}
        self.status = self.filters.tab
        order = self._newest_first()
        self.any_status = self.filters.in_any_status.order_by(*order)
        if self.status == Status.PENDING:
            # The job that waits longest comes first. Not by reverse(): it would also reverse every
            # later order_by(), such as that by which a bulk action finds the newest job.
            order = tuple(name.removeprefix("-") for name in order)
        jobs = self.filters.qs if self.status is not None else self._merged(order, request)
        return jobs.order_by(*order).select_related("created_by")

    def _newest_first(self) -> tuple[str, ...]:
        # The figures of the home page lead to what ended since a moment. The index of finished_at
        # finds those jobs; the API's callers rely on "newest first" under this filter, too.
        if "finished_after" in self.filters.given:
            return ("-finished_at", "-id")
        return newest_first(self.filters.given)

    def _merged(self, order: tuple[str, ...], request: HttpRequest) -> JobQuerySet:
        """The first jobs of each of several statuses, as many as the pages count.

        An index keeps the order within one status. Without this PostgreSQL would walk past all jobs
        of common statuses to those of a rare one.
        """
        none, page_size = self.root_queryset.none(), self.list_per_page
        limit = self.model_admin.get_paginator(request, none, page_size).count_limit + 1
        parts = [
            self.any_status.filter(status=status).order_by(*order).values("id")[:limit]
            for status in self.filters.statuses
        ]
        if not parts:
            return none
        # As an array: with IN PostgreSQL may walk all jobs and look each of them up in the result.
        ids = ArraySubquery(parts[0].union(*parts[1:], all=True))
        return self.root_queryset.filter(EqualsAny(F("id"), ids))

    def get_results(self, request) -> None:
        """Django's page of the list, its rows prepared for the columns."""
        super().get_results(request)
        self.result_list = rows.prepare_rows(self.result_list)

    def get_ordering_field_columns(self):
        """None: the order follows the tab."""
        return {}

    def tabs(self) -> list[Tab]:
        """Every status with its count under the present filters, "All" first."""
        counts = self._counts()
        return [
            Tab(
                label=label,
                status=status,
                count=counts.get(status, "?"),
                query=self.get_query_string(
                    {"status": status or None}, remove=["status", "active"]
                ),
                is_current=status == self.status,
            )
            for status, label in [("", "All"), *Status.choices]
        ]

    def _counts(self) -> Mapping[str, str]:
        if self.active_filters & OF_FAILURES and self.status in ("", Status.FAILED):
            # The pages' count says it all.
            return dict.fromkeys(Status.values, "0") | dict.fromkeys(
                ["", Status.FAILED], self.counted_text()
            )
        counts = dict(tab_counts(self.any_status, by_index=self.active_filters in BY_STATUS))
        if self.active_filters and self.status is not None:
            counts[self.status] = self.counted_text()
        return counts

    def chips(self) -> list[Chip]:
        """The filters that no control shows."""
        return [
            Chip(label, self.get_query_string(remove=[name]))
            for name, label in self.filters.chips()
        ]

    def counted_text(self) -> str:
        """How many jobs there are, as far as they were counted."""
        return capped_count(self.paginator.counted, self.paginator.count_limit)


def tab_counts(jobs: JobQuerySet, *, by_index: bool) -> Mapping[str, str]:
    """How many of `jobs` there are by status ("": all), for display; absent where that is not known. One query.

    By an index each status is counted to a glance. Without an index only the newest are read, in
    any
    status: to find 1,000 cancelled ones of a common source could be to read half the table.
    """
    if by_index:
        return {
            status: capped_count(count, GLANCE)
            for status, count in stats.counts_to(jobs, GLANCE).items()
        }
    found = stats.counts_of_first(jobs, GLANCE)
    if found is None:
        return {}
    total = sum(found.values())
    if total <= GLANCE:
        return {status: f"{found.get(status, 0):,}" for status in Status.values} | {
            "": f"{total:,}"
        }
    return {status: f"{min(count, GLANCE):,}+" for status, count in found.items()} | {
        "": f"{GLANCE:,}+"
    }
