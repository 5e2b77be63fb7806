"""The admin site that has the pages of jobs, which JOBS_ADMIN_SITE names, and its addresses."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils.module_loading import import_string


def admin_site() -> AdminSite:
    """Return the site: by default Django's own.

    Raises: ImproperlyConfigured.
    """
    name: str = getattr(settings, "JOBS_ADMIN_SITE", "")
    try:
        site = import_string(name)
    except ImportError as error:
        raise ImproperlyConfigured(f"JOBS_ADMIN_SITE is {name!r}: {error}.") from error
    if not isinstance(site, AdminSite):
        raise ImproperlyConfigured(
            f"JOBS_ADMIN_SITE is {name!r}, which is no instance of AdminSite."
        )
    return site


def admin_url(view: str, *args: Any) -> str:
    """Return the address of a view of the site, such as "index" or "jobs_job_change".

    A project may have several sites; without the name of one Django takes that which is called
    "admin".

    Raises: NoReverseMatch.
    """
    return reverse(f"admin:{view}", args=args, current_app=admin_site().name)
