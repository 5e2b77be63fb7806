"""The API's description: the OpenAPI document, and a page to try it."""

import threading
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.urls import get_script_prefix, include, path, reverse
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.plumbing import _load_enum_name_overrides
from drf_spectacular.settings import patched_settings
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.admin_site import admin_site, admin_url
from jobs.api.http.requests import ApiView
from jobs.api.schema.operations import described

# In place of the SPECTACULAR_SETTINGS of the site, which describe its own API.
DOCUMENT_SETTINGS: dict[str, Any] = {
    "DESCRIPTION": "Submit jobs, follow them, fetch their files. Start with docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_PATCH": False,  # the body of a PATCH may have required members
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "jobs.api.schema.postprocess.complete",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Status": "jobs.models.Status",
        "Source": "jobs.models.Source",
        "JobErrorCode": "jobs.api.schema.codes.JOB_ERROR_CODES",
        "ProblemCode": "jobs.api.schema.codes.PROBLEM_CODES",
    },
    "SORT_OPERATION_PARAMETERS": False,
}
# drf-spectacular replaces its settings for all threads.
one_at_a_time = threading.Lock()


def api_document(request: Request | None) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of this API, at the address where the site has it."""
    root = reverse("jobs_api:jobs").removesuffix("jobs/").removeprefix(get_script_prefix())
    generator = SchemaGenerator(patterns=[path(root, include("jobs.api.urls"))])
    title, prefix = str(admin_site().site_title), f"/{root.removesuffix('/')}"
    settings = DOCUMENT_SETTINGS | {"TITLE": title, "SCHEMA_PATH_PREFIX": prefix}
    with one_at_a_time:
        _load_enum_name_overrides.cache_clear()  # it may hold those of the site's own API
        try:
            with patched_settings(settings):
                document: dict[str, Any] = generator.get_schema(request=request, public=True)
        finally:
            _load_enum_name_overrides.cache_clear()
    return document


class SchemaView(ApiView):
    """The OpenAPI 3.1 document."""

    @described(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(api_document(request))


class DocsView(LoginRequiredMixin, TemplateView):
    """Swagger UI from our own static files, for signed-in users, in the frame of the admin."""

    template_name = "jobs/api_docs.html"

    def get_login_url(self) -> str:
        """Return the login page of the admin site."""
        return admin_url("login")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.request.current_app = admin_site().name  # for the addresses in templates
        site = admin_site().each_context(self.request)
        return super().get_context_data(**site, title="API", **kwargs)
