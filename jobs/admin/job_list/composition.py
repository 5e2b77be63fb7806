"""The reads of an open page of the list, composed from its address and the user's rights."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from jobs import access, stats
from jobs.admin.holds.banner import frame_reads
from jobs.admin.job_list.changelist import JobChangeList
from jobs.admin.job_list.filters import ListFilters
from jobs.admin.job_list.live_list import LiveList
from jobs.admin.job_list.live_rows import IDS, live_rows_read
from jobs.admin.paginator import page_number
from jobs.admin.timed_cache import TimedCache
from jobs.filters import SEARCH
from jobs.models import JobQuerySet, Status
from jobs.stats import Read

COMPOSED_SECONDS = 60.0
ROW_COLUMNS = (
    *("id", "name", "type", "queue", "status", "version", "progress_percent", "progress_message"),
    *("progress_done", "progress_total", "progress_unit"),
    *("error_code", "error_type", "error_message", "cancel_requested_at", "cancel_requested_by"),
    *("cancel_reason", "acknowledged_at", "acknowledged_by", "acknowledged_note"),
    *("created_at", "started_at", "finished_at", "published_at", "parked_by"),
)

# By user, right, query, zone and day.
_composed: TimedCache[LiveList] = TimedCache(limit=300)


class LaterFilters(ListFilters):
    """The filters of a list that is read again and again, and finds what matches later."""

    keeps_ids = False


class _Unread(JobChangeList):
    """The change list of a page, without reading it."""

    filters_class = LaterFilters

    def get_results(self, request: HttpRequest) -> None:
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)


def composed_list(
    request: HttpRequest, query: QueryDict, model_admin: "ModelAdmin[Any]"
) -> LiveList:
    """Return the list at the address with `query`, composed at most a minute ago."""
    user = request.user
    zone, day = timezone.get_current_timezone_name(), timezone.localdate()
    key = (user.pk, user.has_perm("jobs.view_job"), query.urlencode(), zone, day)
    live_list = _composed.get(key)
    is_about = "about" in query or "about:" in query.get(SEARCH, "")
    if live_list is None or is_about:  # rights on objects may change
        live_list = _compose(request, query, model_admin)
        _composed.put(key, live_list, COMPOSED_SECONDS)
    return live_list


def clear_composed() -> None:
    """Forget the composed lists, for tests."""
    _composed.clear()


def _compose(request: HttpRequest, query: QueryDict, model_admin: "ModelAdmin[Any]") -> LiveList:
    # The address of the page, without the ids that its refresh adds.
    request.GET = query  # type: ignore[assignment]  # the stubs know it as immutable only
    changes = _unread(request, model_admin)
    page = page_number(request)
    is_oldest_first = changes.status == Status.PENDING
    start = (page - 1) * changes.list_per_page if is_oldest_first else 0
    jobs = _among_ids(access.visible_jobs(request.user)).only(*ROW_COLUMNS)
    is_filtered = changes.filters.given or changes.filters.errors
    matching = _among_ids(changes.filters.qs) if is_filtered else None
    own = {"rows": live_rows_read(jobs, matching), "lines": stats.lines_read(IDS)}
    shared = {
        "window": _ids_read(changes.page_rows(start)),
        "counted": stats.count_read(changes.queryset, changes.paginator.count_limit),
        **frame_reads(request.user),
        "tabs": changes.list_tabs.counts_read(),
    }
    return LiveList(changes, page > 1 and not is_oldest_first, own, shared)


def _unread(request: HttpRequest, model_admin: "ModelAdmin[Any]") -> _Unread:
    return _Unread(
        request,
        model_admin.model,
        list_display=(),
        list_display_links=None,
        list_filter=(),
        date_hierarchy=None,
        search_fields=(),
        list_select_related=False,
        list_per_page=model_admin.list_per_page,
        list_max_show_all=0,
        list_editable=(),
        model_admin=model_admin,
        sortable_by=(),
        search_help_text=None,
    )


def _among_ids(jobs: JobQuerySet) -> JobQuerySet:
    # Not `id__in`: with an array of any length the statement stays the same.
    is_shown = RawSQL('"jobs_job"."id" = ANY(%s)', [IDS], output_field=BooleanField())
    return jobs.filter(is_shown).order_by()


def _ids_read(jobs: JobQuerySet) -> Read:
    return stats.values_read(jobs.values("id"), str)
