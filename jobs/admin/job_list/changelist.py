"""The job list behind its page: filtered, counted with a cap, in the order of its tab, at any size of the table."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.admin.views.main import ChangeList

from jobs import stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.job_list import rows
from jobs.models import JobQuerySet, Status
from jobs.selection import Selection
from jobs.stats import GLANCE

# Filters behind which each status has an index.
BY_STATUS = (set(), {"type"}, {"mine"})
# Those that only failures pass.
OF_FAILURES = {"error_code", "error_type", "unseen"}
# Parameters of Django's own in a list's address.
NOT_FILTERS = ("_changelist_filters", "_popup", "_to_field")


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
    """A filter without a control: its parameter, its words, and the list's address without it."""

    name: str
    value: str
    words: str
    query: str


class JobChangeList(ChangeList):
    """Django's list with our filters and tabs instead of its own."""

    root_queryset: JobQuerySet

    def get_queryset(self, request, exclude_parameters=None):
        """The jobs of the chosen tab that the filters leave, in the tab's order."""
        self.filter_specs, self.has_filters = [], False
        self.filters = Selection(
            {name: value for name, value in self.params.items() if name not in NOT_FILTERS}
        )
        jobs = self.filters.narrow(self.root_queryset, request.user)
        newest_first = self._newest_first()
        self.any_status = jobs.order_by(*newest_first)
        self.status = self.filters.cleaned_data.get("status", "")
        self.active_filters = {
            name for name, value in self.filters.cleaned_data.items() if value and name != "status"
        }
        jobs = self.any_status.filter(status=self.status) if self.status else self.any_status
        if self.status == Status.PENDING:
            # The job that waits longest comes first. Not by reverse(): it would turn round every
            # later order_by(), too, such as that by which a bulk action finds the newest job.
            jobs = jobs.order_by(*(name.removeprefix("-") for name in newest_first))
        return jobs.select_related("created_by")

    def _newest_first(self) -> tuple[str, ...]:
        # Created at and id say the same, ids being UUIDv7; a period is read from the index of its
        # times.
        given = {name for name, value in self.filters.cleaned_data.items() if value}
        if "finished_after" in given:
            return ("-finished_at", "-id")
        return ("-created_at", "-id") if given & {"created_after", "created_before"} else ("-id",)

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
                query=self.get_query_string({"status": status or None}, remove=["status"]),
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
        if self.active_filters:
            counts[self.status] = self.counted_text()
        return counts

    def chips(self) -> list[Chip]:
        """The filters that no control shows."""
        return [
            Chip(name, value, words, self.get_query_string(remove=[name]))
            for name, value, words in self.filters.hidden()
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
