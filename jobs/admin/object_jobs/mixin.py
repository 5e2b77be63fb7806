"""The mixin for ModelAdmins of a site."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib.admin.options import IS_POPUP_VAR
from django.http import HttpRequest, HttpResponse

from jobs import access, parameters, registry
from jobs.admin.object_jobs.bulk_launch import confirm_or_launch
from jobs.admin.object_jobs.panel import panel_of
from jobs.registry import JobType


class ObjectJobsMixin:
    """For a ModelAdmin: the last jobs about an object on its page, and launches about it.

    `job_types` names the types to launch by their slugs, each with the parameters that the object
    fills in: {"ship_order": {"order": "pk"}} takes `order` from the object's attribute `pk`. The
    list has an action for each type, which launches a job about each of the ticked objects.
    """

    job_types: Mapping[str, Mapping[str, str]] = {}
    change_form_template = "admin/jobs/object_jobs/change_form.html"

    def get_job_params(self, request: HttpRequest, obj: Any, slug: str) -> dict[str, Any]:
        """The params of a job of the type about the object, as the API takes them."""
        fields = parameters.make_form(registry.get(slug), request.user).fields
        return {
            name: parameters.from_initial(fields[name], getattr(obj, attribute))
            for name, attribute in self.job_types[slug].items()
        }

    def launchable_types(self, request: HttpRequest) -> list[JobType]:
        """Those of `job_types` that the user may launch."""
        found = map(registry.find, self.job_types)
        return [one for one in found if one and access.may_launch(request.user, one)]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Django's page, with the panel of jobs below the form of an object."""
        if obj is not None and not context.get("is_popup"):
            context["object_jobs"] = panel_of(self, request, obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Django's, and one for each type that the user may launch."""
        actions = super().get_actions(request)
        if self.actions is None or IS_POPUP_VAR in request.GET:
            return actions
        for job_type in self.launchable_types(request):
            name = f"launch_{job_type.slug}"
            respond = partial(confirm_or_launch, job_type=job_type)
            actions[name] = (respond, name, f"{job_type.label} for each")
        return actions
