"""The job list behind its page: filtered, counted with a cap, in the order of its tab, at any size of the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Paginator
from django.db import OperationalError, connection

from jobs.admin import rows
from jobs.models import JobQuerySet, Status
from jobs.selection import Selection

CAP = 10_000
# Of the tabs, which every page of the list counts: six times the cap would be most of its cost.
TAB_CAP = 1_000
COUNT_MILLISECONDS = 300
# Parameters of Django's own in a list's address.
NOT_FILTERS = ("_changelist_filters", "_popup", "_to_field")


def capped(count: int | None, cap: int | None = None) -> str:
    """A count for eyes: "1,234", "10,000+" beyond the cap (CAP unless told), "?" where counting took too long."""
    if count is None:
        return "?"
    cap = CAP if cap is None else cap
    return f"{cap:,}+" if count > cap else f"{count:,}"


class CappedPaginator(Paginator):
    """Counts to the cap and no further: the list ends there, and asks for a narrower filter."""

    @cached_property
    def found(self) -> int:
        """How many rows there are, at most one more than the cap."""
        jobs: Any = self.object_list
        return int(jobs.order_by()[: CAP + 1].count())

    @property
    def count(self) -> int:
        """How many rows the list reaches."""
        return min(self.found, CAP)


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
        self.any_status = self.filters.narrow(self.root_queryset, request.user)
        self.status = self.filters.cleaned_data.get("status", "")
        self.has_active_filters = any(
            value for name, value in self.filters.cleaned_data.items() if name != "status"
        )
        self.clear_all_filters_qs = self.get_query_string(remove=[*self.filters.fields])
        jobs = self.any_status.filter(status=self.status) if self.status else self.any_status
        # Whoever waits longest comes first; of what is over, the newest.
        order = ("created_at", "id") if self._by_time() else ("id",)
        if self.status != Status.PENDING:
            order = tuple(f"-{column}" for column in order)
        return jobs.select_related("created_by").order_by(*order)

    def _by_time(self) -> bool:
        # Both say oldest first, ids being UUIDv7; a range of times is read from the index of those times.
        return any(self.filters.cleaned_data.get(name) for name in ("created_after", "created_before"))

    def get_results(self, request) -> None:
        """Django's page of the list, its rows prepared for the columns."""
        super().get_results(request)
        self.result_list = rows.prepared(self.result_list)

    def get_ordering_field_columns(self):
        """None: the order follows the tab."""
        return {}

    def tabs(self) -> list[Tab]:
        """Every status with its count under the present filters, "All" first."""
        counts = tab_counts(self.any_status, filtered=self.has_active_filters)
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

    def chips(self) -> list[Chip]:
        """The filters that no control shows."""
        return [
            Chip(name, value, words, self.get_query_string(remove=[name]))
            for name, value, words in self.filters.hidden()
        ]

    def found_words(self) -> str:
        """How many jobs there are, as far as they were counted."""
        return capped(self.paginator.found)


def tab_counts(jobs: JobQuerySet, *, filtered: bool) -> Mapping[str, str]:
    """How many of `jobs` there are by status ("": all), for eyes; absent where that is not known. One query.

    Each status has an index by which it is counted to TAB_CAP. Of filtered jobs no more than that are read, whatever
    their status: to find 1,000 cancelled ones of a common type could be to read half the table.
    """
    if not filtered:
        return {status: capped(count, TAB_CAP) for status, count in counts_by_status(jobs, TAB_CAP).items()}
    found = counts_of_first(jobs)
    if found is None:
        return {}
    total = sum(found.values())
    if total <= TAB_CAP:
        return {status: f"{found.get(status, 0):,}" for status in Status.values} | {"": f"{total:,}"}
    return {status: f"{count:,}+" for status, count in found.items()} | {"": capped(total, TAB_CAP)}


def counts_of_first(jobs: JobQuerySet) -> Mapping[str, int] | None:
    """How many of the first TAB_CAP + 1 of `jobs` found have each status; None if it takes long. One query."""
    try:
        sql, params = jobs.order_by().values("status")[: TAB_CAP + 1].query.sql_with_params()
    except EmptyResultSet:
        return {}
    rows = _in_time(f"SELECT status, count(*) FROM ({sql}) AS first GROUP BY status", params)
    return None if rows is None else dict(rows)


def counts_by_status(jobs: JobQuerySet, cap: int | None = None) -> Mapping[str, int]:
    """How many of `jobs` there are by status ("": all), each up to one more than `cap` (CAP unless told); empty if it
    takes long.

    One query of capped sub-selects. Source: jobs_job, index jobs_job_status_id.
    """
    cap = CAP if cap is None else cap
    parts: list[str] = []
    values: list[Any] = []
    for status in ("", *Status.values):
        part = jobs.filter(status=status) if status else jobs
        try:
            sql, params = part.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            return {"": 0} | dict.fromkeys(Status.values, 0)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS part)")
        values.extend(params)
    rows = _in_time(f"SELECT {', '.join(parts)}", values)
    return dict(zip(("", *Status.values), rows[0], strict=True)) if rows else {}


def _in_time(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]] | None:
    """The rows of a query; None if it takes too long."""
    try:
        with connection.cursor() as cursor:
            # Two statements, one round trip: the limit ends with the transaction that they are.
            cursor.execute(f"SET LOCAL statement_timeout = {COUNT_MILLISECONDS}; {sql}", values)
            return list(cursor.fetchall())
    except OperationalError:  # cancelled for its time
        return None
