"""Jobs in the admin: the list, the page of one, and the addresses below them."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path

from jobs import access
from jobs.admin import columns, launch, live, record
from jobs.admin.guard import guarded
from jobs.models import Job


def _may_look(user) -> bool:
    return user.has_perm("jobs.view_job")


def _may_launch(user) -> bool:
    return user.has_perm("jobs.add_job")


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """Jobs are launched, not typed in: adding and changing rows by hand is off."""

    list_display = (
        "job_column",
        "status_column",
        "progress_column",
        "requested_by_column",
        "created_column",
        "wait_column",
        "run_time_column",
    )
    list_display_links = None
    list_per_page = 50
    list_select_related = ("created_by",)
    ordering = ("-id",)
    sortable_by = ()
    show_full_result_count = False
    actions = None

    @admin.display(description="job")
    def job_column(self, job):
        return columns.name(job)

    @admin.display(description="status")
    def status_column(self, job):
        return columns.cell(job, "status")

    @admin.display(description="progress")
    def progress_column(self, job):
        return columns.cell(job, "progress")

    @admin.display(description="requested by")
    def requested_by_column(self, job):
        return columns.requested_by(job)

    @admin.display(description="created")
    def created_column(self, job):
        return columns.created(job)

    @admin.display(description="wait")
    def wait_column(self, job):
        return columns.cell(job, "wait")

    @admin.display(description="run time")
    def run_time_column(self, job):
        return columns.cell(job, "run_time")

    def get_urls(self):
        return [
            path("launch/", guarded(launch.types, _may_launch, "GET"), name="jobs_job_launch"),
            path(
                "launch/<slug:slug>/",
                guarded(launch.form, _may_launch, "GET", "POST"),
                name="jobs_job_launch_type",
            ),
            path("live/", guarded(live.cells, _may_look, "GET"), name="jobs_job_live"),
            *super().get_urls(),
        ]

    def get_queryset(self, request):
        return access.visible_jobs(request.user).defer("params", "result", "error_traceback")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url="", extra_context=None
    ) -> HttpResponse:
        """The page of one job."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        job = self.get_object(request, object_id)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        if job is None:
            raise Http404
        context = record.site_context(request) | {
            "title": job.name,
            "job": job,
            "columns": columns.cells(job),
        }
        return TemplateResponse(request, "admin/jobs/job/page.html", context)

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"title": "Jobs", "may_launch": _may_launch(request.user)})
