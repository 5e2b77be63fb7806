"""Celery's task results, read-only, with links to their jobs."""

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.utils.html import format_html
from django_celery_results.models import GroupResult, TaskResult

from jobs import access
from jobs.admin.display import times
from jobs.admin.display.columns import EMPTY, job_link
from jobs.admin.display.workers import worker_link
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.filters import parse_uuid
from jobs.models import Job, Status, Worker

# The package's own pages allow changes and count every row.
admin.site.unregister(TaskResult)
admin.site.unregister(GroupResult)


# The status of the job for each state that jobs/lifecycle/ writes.
STATUS_OF_STATE = {
    "SUCCESS": Status.COMPLETED,
    "FAILURE": Status.FAILED,
    "REVOKED": Status.CANCELLED,
}


def attach_jobs(results):
    """Set `shown_job` and `known_worker` of each result; None if they are gone. Two queries.

    The caller may see the results, and with them the names of their jobs.
    """
    ids = {result.task_id: parse_uuid(result.task_id) for result in results}
    jobs = Job.objects.without_large().in_bulk([one for one in ids.values() if one])
    workers = Worker.objects.in_bulk({result.worker for result in results if result.worker})
    for result in results:
        result.known_worker = workers.get(result.worker)
        result.shown_job = jobs.get(ids[result.task_id])


class ResultList(ChangeList):
    """Django's list, with the jobs of its results."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        attach_jobs(self.result_list)


@admin.register(TaskResult)
class TaskResultAdmin(ReadOnlyAdmin):
    """The results of jobs. Only jobs/lifecycle/ writes them."""

    list_display = ("job", "state", "ran_by", "done", "details")
    list_display_links = ("details",)
    empty_text = "No results yet. A job adds one when it ends."
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
    sortable_by = ()
    ordering = ("-id",)
    actions = None

    @admin.display(description="job")
    def job(self, result):
        job = result.shown_job
        return format_html("<code>{}</code>", result.task_id) if job is None else job_link(job)

    # Our own column names: those of the package are for programmers.
    @admin.display(description="task")
    def task(self, result):
        return result.task_name or EMPTY

    @admin.display(description="state")
    def state(self, result):
        status = STATUS_OF_STATE.get(result.status)
        label = status.label if status else result.status.capitalize()
        return format_html(
            '<span class="badge" data-status="{}">{}</span>', status or Status.PENDING, label
        )

    @admin.display(description="result")
    def details(self, result):
        return "Details"

    @admin.display(description="worker")
    def ran_by(self, result):
        if not result.worker:
            return EMPTY
        return worker_link(result.worker, result.known_worker)

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

    def get_changelist(self, request, **kwargs):
        return ResultList

    def get_object(self, request, object_id, from_field=None):
        """Return the result with its job; None if the user may not see it."""
        result = super().get_object(request, object_id, from_field)
        if result is not None:
            attach_jobs([result])
        return result

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(task_id=search_term.strip()) if search_term else queryset), False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Django's page with a short title."""
        titles = {"title": "Task result", "subtitle": None}
        return super().change_view(request, object_id, form_url, titles | (extra_context or {}))
