"""The rows, tabs and chips of the job list. Counts are capped, so it stays fast at any size."""

from collections.abc import Mapping

from django.contrib.admin.views.main import ChangeList
from uuid_utils.compat import uuid7

from jobs import stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.job_list import rows
from jobs.admin.job_list.controls import suggestions
from jobs.admin.job_list.filters import ListFilters, filter_query
from jobs.admin.job_list.hints import Hint, best_hint
from jobs.admin.job_list.links import Chip, PeriodLink, Tab
from jobs.filters import NEWEST_ID, OF_FAILURES, PERIOD_LABELS
from jobs.models import JobQuerySet, Status
from jobs.services import ACTIONS, Action
from jobs.stats import GLANCE, Read

# Sets of filters for which an index includes the status.
BY_STATUS = (set(), {"type"}, {"mine"})
# Filters by the time of the end, under which the last to end come first.
BY_END = {"finished_after", "ended"}


class JobChangeList(ChangeList):
    """Django's change list with the filters of jobs and a tab for each status."""

    root_queryset: JobQuerySet

    def get_queryset(self, request, exclude_parameters=None):
        """Return as many of the jobs that match the filters as the paginator counts."""
        self.filter_specs, self.has_filters = [], False
        self.filters = ListFilters(filter_query(request), self.root_queryset, user=request.user)
        self.permitted_actions = self.model_admin.get_actions(request)
        self.active_filters = self.filters.given - {"status", "active"}
        self.status = self.filters.tab
        none = self.root_queryset.none()
        limit = self.model_admin.get_paginator(request, none, self.list_per_page).count_limit + 1
        return self.filters.first(self._order(), limit, is_sorted=False)

    def get_results(self, request) -> None:
        """Set Django's results: the rows of the page, in order, prepared for the columns."""
        super().get_results(request)
        start = (self.page_num - 1) * self.list_per_page if self.multi_page else 0
        self.result_list = rows.prepare_rows(self.page_rows(start).select_related("created_by"))
        rows.add_subjects(request, self.result_list)

    def page_rows(self, start: int) -> JobQuerySet:
        """Return the rows of the page whose first row is number `start`, in the tab's order."""
        end = start + self.list_per_page
        return self.filters.first(self._order(), end)[start:end]

    def _order(self) -> tuple[str, ...]:
        if self.status == Status.PENDING:  # the job that waits longest comes first
            return tuple(name.removeprefix("-") for name in self._newest_first())
        return self._newest_first()

    def _newest_first(self) -> tuple[str, ...]:
        # The figures of the home page lead here: the last failures come first, from the index of
        # finished_at. The API promises the newest jobs first under this filter, too.
        if BY_END & self.filters.given:
            return ("-finished_at", "-id")
        return (NEWEST_ID,)

    def get_ordering_field_columns(self):
        """Return no columns: the order follows the tab."""
        return {}

    @property
    def opened(self) -> str:
        """Return an id of this moment: newer jobs have higher ones."""
        return uuid7().hex

    @property
    def fresh_query(self) -> str:
        """Return the address on which new jobs are: the first page, unless it has the oldest."""
        is_oldest_first = self.status == Status.PENDING
        return self.get_query_string() if is_oldest_first else self.get_query_string(remove=["p"])

    def tabs(self) -> list[Tab]:
        """Return the tab All and one for each status, with counts under the current filters."""
        counts = self._counts()
        return [
            Tab(
                label=label,
                status=status,
                count=counts.get(status, "?"),
                query=self._tab_query(status),
                is_current=status == self.status,
            )
            for status, label in [("", "All"), *Status.choices]
        ]

    def _tab_query(self, status: str) -> str:
        return self.get_query_string({"status": status or None}, remove=["status", "active"])

    def _counts(self) -> Mapping[str, str]:
        found = None if self.has_only_failures else stats.in_time(self.tab_read())
        return self.tab_counts(found, self.paginator.counted)

    @property
    def has_only_failures(self) -> bool:
        """Whether all jobs that match have failed: the paginator counts them all."""
        return bool(self.active_filters & OF_FAILURES) and self.status in ("", Status.FAILED)

    def tab_read(self) -> Read:
        """Return the read of the tabs' counts.

        With an index each status is counted to GLANCE. Without one only the newest GLANCE jobs of
        any status are read: finding 1,000 cancelled jobs of a common source can mean half the
        table.
        """
        if self.active_filters in BY_STATUS:
            return stats.counts_to_read(self.filters.in_any_status, GLANCE)
        newest = self.filters.first(self._newest_first(), GLANCE + 1, statuses=Status.values)
        return stats.counts_of_first_read(newest, GLANCE)

    def tab_counts(self, found: Mapping[str, int] | None, counted: int) -> Mapping[str, str]:
        """Return the tabs' counts for display by status; unknown counts are absent.

        `found` is what `tab_read` read, None if it took too long; `counted` is the paginator's.
        """
        text = capped_count(counted, self.paginator.count_limit)
        if self.has_only_failures:
            return dict.fromkeys(Status.values, "0") | {"": text, Status.FAILED: text}
        by_index = self.active_filters in BY_STATUS
        counts = {} if found is None else _tab_texts(found, by_index=by_index)
        if self.active_filters and self.status is not None:
            counts[self.status] = text
        return counts

    def chips(self) -> list[Chip]:
        """Return a chip for each filter that neither the search nor a tab shows."""
        return [
            Chip(label, self.get_query_string(remove=[name]))
            for name, label in self.filters.shown()
        ]

    def period_links(self) -> list[PeriodLink]:
        """Return the links that choose when the jobs were created."""
        chosen = self.filters.cleaned.get("created")
        return [
            PeriodLink(
                label=label,
                query=self.get_query_string({"created": None if name == chosen else name}),
                is_current=name == chosen,
            )
            for name, label in PERIOD_LABELS.items()
        ]

    def search_suggestions(self) -> list[str]:
        """Return what may be typed into the search."""
        return suggestions(self.result_list)

    def hint(self) -> Hint | None:
        """Return the filter that hides most of the jobs that match all others."""
        return best_hint(self.filters, self.get_query_string)

    def actions_on_all(self) -> list[Action]:
        """Return the actions that every job in the list allows, if the list has a filter."""
        statuses = set(self.filters.statuses)
        return [
            action
            for action in ACTIONS
            if self.filters.given
            and action.name in self.permitted_actions
            and statuses <= set(action.statuses)
        ]

    def counted_text(self) -> str:
        """Return the number of jobs for display, as far as the paginator counts."""
        return capped_count(self.paginator.counted, self.paginator.count_limit)


def _tab_texts(found: Mapping[str, int], *, by_index: bool) -> dict[str, str]:
    if by_index:
        return {status: capped_count(count, GLANCE) for status, count in found.items()}
    total = sum(found.values())
    if total <= GLANCE:
        exact = {status: f"{found.get(status, 0):,}" for status in Status.values}
        return exact | {"": f"{total:,}"}
    at_least = {status: f"{min(count, GLANCE):,}+" for status, count in found.items()}
    return at_least | {"": f"{GLANCE:,}+"}
