"""Jobs in the admin: the list, the page of one, and the addresses below them."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse

from jobs import access
from jobs.admin import signed_out
from jobs.admin.display import columns
from jobs.admin.guard import guarded
from jobs.admin.job_list import bulk_actions, refresh
from jobs.admin.job_list.changelist import CappedPaginator, JobChangeList, page_number
from jobs.admin.job_page import actions
from jobs.admin.job_page import views as page_views
from jobs.admin.launch import views as launch_views
from jobs.models import Job
from jobs.selection import as_uuid

# The addresses below one job. Each view asks access.py what this user may do to this job.
OF_ONE = (
    ("live", page_views.live, "GET"),
    ("log", page_views.log, "GET"),
    ("cancel", actions.cancel, "POST"),
    ("rerun", actions.rerun, "POST"),
    ("acknowledge", actions.acknowledge, "POST"),
)


def _drawn(description, column):
    """A column of the list that one of the functions in columns.py draws."""

    @admin.display(description=description)
    def draw(self, job):
        return column(job)

    return draw


def _action(action):
    """An action as the admin's list calls it."""
    return lambda model_admin, request, jobs: bulk_actions.chosen(request, action)


def _live(description, name):
    return _drawn(description, lambda job: columns.cell(job, name))


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    """Jobs are launched, not typed in: adding and changing rows by hand is off."""

    list_display = ("job", "status_now", "progress", "requested_by", "created", "wait", "run_time")
    list_display_links = None
    change_list_template = "admin/jobs/job_list/change_list.html"
    list_per_page = 50
    list_max_show_all = 0
    sortable_by = ()
    job = _drawn("job", columns.name)
    status_now = _live("status", "status")
    progress = _live("progress", "progress")
    requested_by = _drawn("requested by", columns.requested_by)
    created = _drawn("created", columns.created)
    wait = _live("wait", "wait")
    run_time = _live("run time", "run_time")

    def get_urls(self):
        return [
            path(
                "launch/",
                guarded(launch_views.types, access.may_launch_some, "GET"),
                name="jobs_job_launch",
            ),
            path(
                "launch/<slug:slug>/",
                guarded(launch_views.form, access.may_launch_some, "GET", "POST"),
                name="jobs_job_launch_type",
            ),
            path(
                "launch/<slug:slug>/call/",
                guarded(launch_views.call, access.may_launch_some, "POST"),
                name="jobs_job_launch_call",
            ),
            path("live/", guarded(refresh.cells, access.may_see_some, "GET"), name="jobs_job_live"),
            *(
                path(
                    f"<uuid:job_id>/{verb}/",
                    guarded(view, access.may_see_some, method),
                    name=f"jobs_job_{verb}",
                )
                for verb, view, method in OF_ONE
            ),
            path(
                "<uuid:job_id>/files/<int:file_id>/",
                guarded(page_views.download, access.may_see_some, "GET", "HEAD"),
                name="jobs_job_file",
            ),
            *super().get_urls(),
        ]

    def get_actions(self, request):
        """Ours alone, as far as the user may use them."""
        if not self.has_view_permission(request):
            return {}
        return {
            one.name: (_action(one), one.name, one.label)
            for one in bulk_actions.permitted(request.user)
        }

    def get_action_choices(self, request, default_choices=(("", "Choose an action"),)):
        """Django's, with words in place of its dashes."""
        return super().get_action_choices(request, list(default_choices))

    def get_queryset(self, request):
        return access.visible_jobs(request.user).without_large()

    def get_paginator(self, request, queryset, per_page, orphans=0, allow_empty_first_page=True):
        paginator = CappedPaginator(queryset, per_page, orphans, allow_empty_first_page)
        paginator.shown = page_number(request)
        return paginator

    def get_changelist(self, request, **kwargs):
        return JobChangeList

    def has_view_permission(self, request, obj=None):
        return access.may_see_some(request.user)

    def has_module_permission(self, request):
        return access.may_see_some(request.user)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """The list; a pasted id leads to its job, and a confirmation sent while signed out to its question."""
        if kept := signed_out.take(request):
            # Without the confirmation, so that this asks and does nothing.
            request.method, request.POST = "POST", kept.entries
        action = bulk_actions.action_of(request.POST.get("action", ""))
        if action and not action.allowed(request.user):
            raise PermissionDenied
        wanted = as_uuid(request.GET.get("q", ""))
        if (
            wanted
            and self.has_view_permission(request)
            and self.get_queryset(request).filter(pk=wanted)
        ):
            return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[wanted]))
        return super().changelist_view(request, {"title": "Jobs"} | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url="", extra_context=None
    ) -> HttpResponse:
        """The page of one job, at the address where the admin has its form."""
        wanted = as_uuid(object_id)
        if wanted is None:
            raise Http404("No such job.")
        return guarded(page_views.page, access.may_see_some, "GET")(request, wanted)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context=None) -> HttpResponse:
        """Our confirmation: services.delete knows what belongs to a job, the admin's collector does not."""
        wanted = as_uuid(object_id)
        if wanted is None:
            raise Http404("No such job.")
        return guarded(actions.delete, access.may_see_some, "GET", "POST")(request, wanted)
