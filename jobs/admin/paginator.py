"""Pagination of lists at any table size: rows are counted to a cap, and the pages end there."""

from functools import cached_property
from typing import Any

from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.http import HttpRequest

from jobs.stats import CAP, GLANCE


class CappedPaginator(Paginator):
    """A Paginator that counts at most CAP (10,000) rows.

    If the current page is set, it counts at most GLANCE (1,000) rows past it.
    """

    current_page: int | None = None

    @property
    def count_limit(self) -> int:
        """How many rows are counted at most."""
        if self.current_page is None:
            return CAP
        return min((self.current_page - 1) * self.per_page + GLANCE, CAP)

    @cached_property
    def counted(self) -> int:
        """How many rows there are; one more than `count_limit` if there are more."""
        jobs: Any = self.object_list
        # Counted in the order of the list, so that the page finds what was read in the cache.
        return int(jobs[: self.count_limit + 1].count())

    @property
    def count(self) -> int:
        """How many rows the pages hold."""
        return min(self.counted, self.count_limit)

    @property
    def has_rows_beyond_cap(self) -> bool:
        """Whether there are rows that no page shows."""
        return self.counted > CAP


def page_number(request: HttpRequest) -> int:
    """The page number in the address, as Django's list reads it."""
    try:
        return max(1, int(request.GET.get(PAGE_VAR, 1)))
    except ValueError:
        return 1


class CappedListMixin:
    """For a ModelAdmin: its list shows 50 rows a page, and counts no more of them than CAP."""

    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
