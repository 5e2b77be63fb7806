"""The rows, tabs and chips of the job list. Counts are capped, so it stays fast at any size."""

from functools import cached_property

from django.contrib.admin.views.main import ChangeList
from uuid_utils.compat import uuid7

from jobs import stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.job_list import rows
from jobs.admin.job_list.controls import suggestions
from jobs.admin.job_list.filters import REVIEW, REVIEW_FILTERS, ListFilters, filter_query
from jobs.admin.job_list.hints import Hint, best_hint
from jobs.admin.job_list.links import Chip, PeriodLink, Tab
from jobs.admin.job_list.tabs import LABELS, ListTabs
from jobs.filters import NEWEST_ID, PERIOD_LABELS
from jobs.models import JobQuerySet, Status
from jobs.services import ACTIONS, Action

# Filters by the time of the end, under which the last to end come first.
BY_END = {"finished_after", "ended"}


class JobChangeList(ChangeList):
    """Django's change list with the filters of jobs and a tab for each status."""

    root_queryset: JobQuerySet
    filters_class = ListFilters

    def get_queryset(self, request, exclude_parameters=None):
        """Return as many of the jobs that match the filters as the paginator counts."""
        self.filter_specs, self.has_filters = [], False
        query, jobs = filter_query(request), self.root_queryset
        self.filters = self.filters_class(query, jobs, user=request.user)
        self.permitted_actions = self.model_admin.get_actions(request)
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

    @cached_property
    def list_tabs(self) -> ListTabs:
        """Return the tabs of the list and their counts."""
        return ListTabs(self.filters, self._newest_first())

    def tabs(self) -> list[Tab]:
        """Return the tabs with their counts under the current filters."""
        found = stats.in_time(self.list_tabs.counts_read())
        counts = self.list_tabs.counts(found, self.paginator.counted, self.paginator.count_limit)
        return [
            Tab(
                label=label,
                status=status,
                count=counts.get(status, "?"),
                query=self._tab_query(status),
                is_current=status == self.status,
            )
            for status, label in LABELS.items()
        ]

    def _tab_query(self, status: str) -> str:
        chosen = REVIEW_FILTERS if status == REVIEW else {"status": status or None}
        return self.get_query_string(chosen, remove=["status", "active", "unseen"])

    @property
    def is_reviewed(self) -> bool:
        """Return whether the list is that of all failures to review."""
        return self.status == REVIEW and self.filters.given <= {"status", "unseen"}

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
