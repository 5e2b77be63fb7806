"""Jobs in the admin: the list with its bulk actions, the URLs of all job pages, and permissions."""

from uuid import UUID

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path

from jobs import access
from jobs.admin import signed_out
from jobs.admin.display import columns, live_cells, times
from jobs.admin.guard import guarded, in_autocommit
from jobs.admin.holds import views as holds_views
from jobs.admin.job_list import bulk_actions, refresh
from jobs.admin.job_list.changelist import JobChangeList
from jobs.admin.job_list.confirm_all import confirm_routes
from jobs.admin.job_list.filters import address_with_filters
from jobs.admin.job_page import actions as page_actions
from jobs.admin.job_page import records
from jobs.admin.job_page import views as page_views
from jobs.admin.launch import views as launch_views
from jobs.admin.paginator import CappedListMixin, CappedPaginator, page_number
from jobs.admin.requester.views import user_page
from jobs.admin_site import admin_url
from jobs.filters import parse_uuid
from jobs.models import Job
from jobs.services import ACTIONS


class JobAdmin(CappedListMixin, admin.ModelAdmin):
    """The job list. Jobs are launched, so rows cannot be added or changed by hand."""

    list_display = ("job", "status_now", "progress", "requested_by", "created", "wait", "run_time")
    list_display_links = None
    change_list_template = "admin/jobs/job_list/change_list.html"
    sortable_by = ()
    actions = tuple(map(bulk_actions.for_job_list, ACTIONS))

    @admin.display(description="job")
    def job(self, job):
        return columns.job_link(job) + columns.subject_below(job.subject)

    @admin.display(description="status")
    def status_now(self, job):
        return live_cells.live_cell(job, "status")

    @admin.display(description="progress")
    def progress(self, job):
        return live_cells.live_cell(job, "progress")

    @admin.display(description="requested by")
    def requested_by(self, job):
        return columns.requester_and_source(job)

    @admin.display(description="created")
    def created(self, job):
        return times.relative_time(job.created_at)

    @admin.display(description="wait")
    def wait(self, job):
        return live_cells.live_cell(job, "wait")

    @admin.display(description="run time")
    def run_time(self, job):
        return live_cells.live_cell(job, "run_time")

    def has_view_permission(self, request, obj=None):
        return access.may_see_some(request.user)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_launch_permission(self, request):
        return access.may_launch_some(request.user)

    def get_urls(self):
        view, launch = self.has_view_permission, self.has_launch_permission
        rows, file = "launch/<slug:slug>/rows/<str:name>/", "<uuid:job_id>/files/<int:file_id>/"
        upload = "<uuid:job_id>/uploads/<uuid:upload_id>/"
        urls = [
            ("launch/", "launch", launch_views.choose_type, launch, "GET"),
            ("launch/<slug:slug>/", "launch_type", launch_views.launch_form, launch, "GET", "POST"),
            ("launch/<slug:slug>/call/", "launch_call", launch_views.curl_preview, launch, "POST"),
            ("live/", "live_cells", self.list_changes, view, "GET"),
            ("requesters/<str:user_id>/", "requester", user_page, view, "GET"),
            *holds_views.routes(view, access.may_hold),
            (rows, "launch_rows", launch_views.found_rows, launch, "GET"),
            ("<uuid:job_id>/live/", "live", page_views.job_changes, view, "GET"),
            ("<uuid:job_id>/log/", "log", records.log_download, view, "GET"),
            ("<uuid:job_id>/log/part/", "log_part", records.log_part, view, "GET"),
            (file, "file", records.file_download, view, "GET", "HEAD"),
            (upload, "upload", records.upload_download, view, "GET", "HEAD"),
            *(self._route_of(action) for action in ACTIONS),
            *confirm_routes(self),
        ]
        own = [
            path(route, guarded(*guard), name=f"jobs_job_{name}") for route, name, *guard in urls
        ]
        return in_autocommit(own + super().get_urls())

    def _route_of(self, action):
        """The URL of an action on one job. The service decides whether the user may do it."""
        route, view = f"<uuid:job_id>/{action.name}/", page_actions.action_view(action)
        if not action.asks_first:
            return route, action.name, view, self.has_view_permission, "POST"
        has_permission = getattr(self, f"has_{action.name}_permission")
        return route, action.name, view, has_permission, "GET", "POST"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url="", extra_context=None
    ) -> HttpResponse:
        """The page of a job, instead of Django's form."""
        page = guarded(page_views.job_page, self.has_view_permission, "GET")
        return page(request, _job_id(object_id))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context=None) -> HttpResponse:
        """404: only ids that are not UUIDs reach it, past the URL of the action."""
        raise Http404("No such job.")

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """The list, or the answer to a bulk action. Searching for a job's id opens its page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        self._check_action(request)
        if request.POST.get(ACTION_CHECKBOX_NAME) and self.get_actions(request):
            return self._act_on_selected(request)
        if kept := signed_out.take_kept_form(request):
            # A confirmation sent while signed out. Without `confirmed` it only asks again.
            request.method, request.POST = "POST", kept.entries
            return self.changelist_view(request, extra_context)
        job_id = parse_uuid(request.GET.get("q", ""))
        if job_id and self.get_queryset(request).filter(pk=job_id).exists():
            return HttpResponseRedirect(admin_url("jobs_job_change", job_id))
        if request.method == "GET" and (address := address_with_filters(request)):
            return HttpResponseRedirect(address)
        context = {"title": "Jobs", "may_launch": self.has_launch_permission(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def list_changes(self, request: HttpRequest) -> HttpResponse:
        """What changed on an open page of the list."""
        return refresh.list_changes(request, self)

    def _check_action(self, request: HttpRequest) -> None:
        """Raise PermissionDenied for an action that the user may not use; Django ignores it."""
        name = request.POST.get("action")
        if name in {one.name for one in ACTIONS} and name not in self.get_actions(request):
            raise PermissionDenied

    def _act_on_selected(self, request: HttpRequest) -> HttpResponse:
        """Run the action, which makes its own query of the jobs.

        Django first reads the page of the list: 4 queries more, and if that page no longer exists,
        it redirects to the first one instead of acting.
        """
        response = self.response_action(request, queryset=Job.objects.none())
        return response or HttpResponseRedirect(request.get_full_path())

    def get_actions(self, request):
        """Django's, without its own deletion, which does not know what belongs to a job."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_action_choices(self, request, default_choices=(("", "Choose an action"),)):
        """Django's, with a text instead of dashes as the empty choice."""
        return super().get_action_choices(request, list(default_choices))

    def get_queryset(self, request):
        return access.visible_jobs(request.user).without_large()

    def get_paginator(self, request, queryset, per_page, orphans=0, allow_empty_first_page=True):
        paginator = CappedPaginator(queryset, per_page, orphans, allow_empty_first_page)
        paginator.current_page = page_number(request)
        return paginator

    def get_changelist(self, request, **kwargs):
        return JobChangeList


def _job_id(text: str) -> UUID:
    job_id = parse_uuid(text)
    if job_id is not None:
        return job_id
    raise Http404("No such job.")


def _permission_method(action):
    def has_permission(self, request, obj=None):
        return action.allowed(request.user)

    return has_permission


# The methods that Django calls for the permissions of actions, such as has_cancel_permission.
for _action in ACTIONS:
    setattr(JobAdmin, f"has_{_action.name}_permission", _permission_method(_action))
