"""Celery's task results, read-only, with links to their jobs."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django_celery_results.models import GroupResult, TaskResult

from jobs import access
from jobs.admin.display import times
from jobs.admin.display.columns import EMPTY
from jobs.admin.job_page.timeline import shorten_worker_ids
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.filters import parse_uuid

# The package's own pages allow changes and count every row.
admin.site.unregister(TaskResult)
admin.site.unregister(GroupResult)


@admin.register(TaskResult)
class TaskResultAdmin(ReadOnlyAdmin):
    """The results of jobs. Only jobs/lifecycle/ writes them."""

    list_display = ("job", "state", "ran_by", "done")
    list_display_links = ("state",)
    fields = readonly_fields = (
        "job",
        "task",
        "state",
        "ran_by",
        "started",
        "done",
        "returned",
        "raised",
    )
    search_fields = ("task_id",)
    list_per_page = 50
    list_max_show_all = 0
    sortable_by = ()
    ordering = ("-id",)
    actions = None

    @admin.display(description="job")
    def job(self, result):
        job_id = parse_uuid(result.task_id)
        if job_id is None:
            return result.task_id
        url = reverse("admin:jobs_job_change", args=[job_id])
        return format_html('<a href="{}">{}</a>', url, job_id)

    # Our own column names: those of the package are for programmers.
    @admin.display(description="task")
    def task(self, result):
        return result.task_name or EMPTY

    @admin.display(description="state")
    def state(self, result):
        return result.status

    @admin.display(description="worker")
    def ran_by(self, result):
        if not result.worker:
            return EMPTY
        short = shorten_worker_ids(result.worker)
        return format_html('<span title="{}">{}</span>', result.worker, short)

    @admin.display(description="result")
    def returned(self, result):
        return format_html("<pre>{}</pre>", result.result) if result.result else EMPTY

    @admin.display(description="traceback")
    def raised(self, result):
        return format_html("<pre>{}</pre>", result.traceback) if result.traceback else EMPTY

    @admin.display(description="started")
    def started(self, result):
        return times.exact_time(result.date_started) if result.date_started else EMPTY

    @admin.display(description="done")
    def done(self, result):
        return times.relative_time(result.date_done) if result.date_done else EMPTY

    def get_queryset(self, request):
        results = access.visible_results(request.user).order_by(*self.ordering)
        if request.resolver_match.url_name.endswith("_changelist"):
            return results.defer("result", "traceback", "meta")
        return results

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(task_id=search_term.strip()) if search_term else queryset), False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Django's page with a short title."""
        titles = {"title": "Task result", "subtitle": None}
        return super().change_view(request, object_id, form_url, titles | (extra_context or {}))
