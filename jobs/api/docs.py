"""The API's description: the OpenAPI document, and a page to try it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.http.requests import ApiView


class SchemaView(ApiView):
    """The OpenAPI 3.1 document."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        document: dict[str, Any] = SchemaGenerator().get_schema(request=request, public=True)
        return Response(document)


class DocsView(LoginRequiredMixin, TemplateView):
    """Swagger UI from our own static files, for signed-in users, in the frame of the admin."""

    template_name = "jobs/api_docs.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        site = admin.site.each_context(self.request)
        return super().get_context_data(**site, title="API", **kwargs)
