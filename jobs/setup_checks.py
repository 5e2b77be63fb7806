"""System checks of a project that has the app: each names a missing step, and its fix.

`manage.py check` runs them beside those of Django's admin, which check middleware, sessions and
context processors. INSTALLED_APPS is checked in jobs/apps.py: without those apps the models cannot
be imported.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse

from jobs.admin_site import admin_site
from jobs.app_settings import ENGINE, JOB_FILES, WORKER_DB
from jobs.database import direct_fault
from jobs.database.base import DatabaseWrapper
from jobs.options import FILE_KIND

TEMPLATE = "admin/jobs/job_page/page.html"
WITH_STATIC_FILES = {
    "django.contrib.staticfiles": "pages have no styles",
    "drf_spectacular_sidecar": "the page that describes the API is empty",
}


@register("jobs_setup")
def check_setup(**kwargs: Any) -> list[CheckMessage]:
    """Check what the app needs of the project, beside job types and user model."""
    return [
        *_databases(),
        *_redis(),
        *_storage(),
        *_uploads(),
        *_times(),
        *_pages(),
        *_addresses(),
    ]


@register(Tags.database)
def check_direct_database(databases: Sequence[str] | None = None, **kwargs: Any) -> list[Error]:
    """Check, before `migrate`, that past the pooler is the same database as behind it."""
    if not databases or not (fault := direct_fault(DEFAULT_DB_ALIAS)):
        return []
    return [Error(fault, hint="Correct DATABASE_DIRECT_URL.", id="jobs.E046")]


def _databases() -> Iterator[CheckMessage]:
    default = connections[DEFAULT_DB_ALIAS]
    if default.vendor != "postgresql":
        fault = f"DATABASES['default'] is {default.vendor}; jobs are kept in PostgreSQL."
        hint = "Set its ENGINE to 'django.db.backends.postgresql', and name a server."
        yield Error(fault, hint=hint, id="jobs.E030")
        return
    if is_psycopg3:
        fault = "psycopg 3 is installed, and Django prefers it; jobs needs psycopg2."
        yield Error(fault, hint="Run: pip uninstall psycopg psycopg-c", id="jobs.E031")
    yield from _routers()
    worker = connections[WORKER_DB]
    # Host and port may differ: a worker may go past a pooler.
    is_same = default.settings_dict["NAME"] == worker.settings_dict["NAME"]
    if not isinstance(worker, DatabaseWrapper) or not is_same:
        fault = f"DATABASES[{WORKER_DB!r}] is not the database of 'default' with ENGINE {ENGINE!r}."
        hint = f"Remove {WORKER_DB!r} from DATABASES: jobs derives it from 'default'."
        yield Error(fault, hint=hint, id="jobs.E032")


def _routers() -> Iterator[CheckMessage]:
    models = list(apps.get_app_config("jobs").get_models())
    elsewhere = {
        alias
        for find in (router.db_for_read, router.db_for_write)
        for alias in map(find, models)
        if alias != DEFAULT_DB_ALIAS
    }
    if elsewhere:
        fault = f"A router of DATABASE_ROUTERS sends models of jobs to {sorted(elsewhere)}."
        hint = "Let it return None or 'default' for the app jobs, for reading too."
        yield Error(fault, hint=hint, id="jobs.E045")


def _redis() -> Iterator[CheckMessage]:
    try:
        import_module("jobs.engine.celery_settings")
    except ImproperlyConfigured as error:
        yield Error(str(error), id="jobs.E041")


def _storage() -> Iterator[CheckMessage]:
    if JOB_FILES not in storages.backends:
        fault = "The files of jobs have no place: JOBS_FILES_DIR and BASE_DIR are not set."
        hint = "Set JOBS_FILES_DIR to a directory that web processes and workers share."
        yield Error(fault, hint=hint, id="jobs.E033")
        return
    place = getattr(storages[JOB_FILES], "location", "")
    for name in ("MEDIA_ROOT", "STATIC_ROOT"):
        public = getattr(settings, name, None)
        if place and public and Path(place).resolve().is_relative_to(Path(public).resolve()):
            fault = f"The files of jobs are in {name}, from which anyone can fetch them."
            hint = "Set JOBS_FILES_DIR to a directory outside it."
            yield Error(fault, hint=hint, id="jobs.E034")


def _uploads() -> Iterator[CheckMessage]:
    limit, unused = settings.UPLOAD_LIMIT_BYTES, settings.UPLOAD_UNUSED_LIMIT_BYTES
    if not (isinstance(limit, int) and limit > 0):
        fault = f"UPLOAD_LIMIT_BYTES is {limit!r}, which is no number of bytes."
        yield Error(fault, hint="Set it to the size of the largest file.", id="jobs.E042")
    elif not (isinstance(unused, int) and unused >= limit):
        fault = f"UPLOAD_UNUSED_LIMIT_BYTES is {unused!r}, UPLOAD_LIMIT_BYTES {limit!r}."
        hint = "Set it to UPLOAD_LIMIT_BYTES or more; ten times as much is the default."
        yield Error(fault, hint=hint, id="jobs.E043")
    kinds: Any = settings.UPLOAD_REFUSED_KINDS
    if isinstance(kinds, str) or not all(map(_is_kind, kinds)):
        fault = f"UPLOAD_REFUSED_KINDS is {kinds!r}, which is no list of kinds of files."
        hint = "List extensions and media types, such as ['.exe', 'text/html', 'image/*']."
        yield Error(fault, hint=hint, id="jobs.E044")


def _is_kind(value: object) -> bool:
    return isinstance(value, str) and FILE_KIND.fullmatch(value) is not None


def _times() -> Iterator[CheckMessage]:
    if not settings.USE_TZ:
        fault = "USE_TZ is False; the times of jobs are moments with a zone."
        yield Error(fault, hint="Set USE_TZ = True.", id="jobs.E035")
    lease, heartbeat = settings.JOBS_LEASE_SECONDS, settings.JOBS_HEARTBEAT_SECONDS
    if not 0 < heartbeat <= lease / 3:
        fault = f"JOBS_HEARTBEAT_SECONDS is {heartbeat:g}, JOBS_LEASE_SECONDS {lease:g}."
        hint = "Let the heartbeat be at most a third of the lease; 10 and 60 are the defaults."
        yield Error(fault, hint=hint, id="jobs.E036")


def _pages() -> Iterator[CheckMessage]:
    for name, effect in WITH_STATIC_FILES.items():
        if not apps.is_installed(name):
            fault = f"INSTALLED_APPS lacks {name!r}: {effect}."
            yield Error(fault, hint=f"Add {name!r} to INSTALLED_APPS.", id="jobs.E037")
    try:
        get_template(TEMPLATE)
    except TemplateDoesNotExist:
        fault = f"Django does not find the template {TEMPLATE} of the app jobs."
        yield Error(fault, hint="Set APP_DIRS to True in TEMPLATES.", id="jobs.E038")


def _addresses() -> Iterator[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None):
        return
    site = admin_site().name
    try:
        reverse(f"{site}:jobs_job_changelist")
    except NoReverseMatch:
        fault = (
            f"The URLs of the admin site {site!r} ({settings.JOBS_ADMIN_SITE}) are not included."
        )
        hint = "Add path('admin/', site.urls) to the URLconf, or name another in JOBS_ADMIN_SITE."
        yield Error(fault, hint=hint, id="jobs.E039")
    try:
        reverse("jobs_api:jobs")
    except NoReverseMatch:
        fault = "The URLs of the API are not included; pages of jobs refer to them."
        hint = "Add path('jobs-api/v1/', include('jobs.api.urls')) to the URLconf."
        yield Error(fault, hint=hint, id="jobs.E040")
