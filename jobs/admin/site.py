"""Registers the pages of jobs with the admin site of the project."""

from django.contrib import admin
from django.db.models import Model

from jobs.admin.audit_entries import AuditEntryAdmin
from jobs.admin.job import JobAdmin
from jobs.admin.tokens import TokenAdmin
from jobs.admin_site import admin_site
from jobs.models import ApiToken, AuditEntry, Job

PAGES: tuple[tuple[type[Model], type[admin.ModelAdmin]], ...] = (
    (Job, JobAdmin),
    (ApiToken, TokenAdmin),
    (AuditEntry, AuditEntryAdmin),
)


def register_pages() -> None:
    """Register each page, unless the project has one of its own for the model."""
    site = admin_site()
    for model, page in PAGES:
        if not site.is_registered(model):
            site.register(model, page)
