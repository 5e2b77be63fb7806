"""Responses that show a page of the admin."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse

from jobs.admin_site import admin_site
from jobs.models import Job


def admin_page(request: HttpRequest, name: str, context: Mapping[str, Any]) -> TemplateResponse:
    """Return the page templates/admin/jobs/`name`.html with the context of every admin page."""
    site = admin_site().each_context(request) | {"opts": Job._meta}
    return TemplateResponse(request, f"admin/jobs/{name}.html", {**site, **context})
