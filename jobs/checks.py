"""System checks that refuse to start with a wrongly declared job type.

jobs/options.py checks each option of @job_type alone; these checks need the form, the handler or
other applications.
"""

import inspect
from collections.abc import Iterator
from difflib import get_close_matches
from importlib.util import find_spec
from keyword import iskeyword
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename, get_user_model
from django.core.checks import CheckMessage, Error, Warning, register
from django.forms import BaseForm
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.module_loading import import_string

from jobs import parameters, registry
from jobs.registry import MAINTENANCE, JobType

TAG = "jobs"
# The admin has its own widgets for them.
TEMPORAL = (forms.DateTimeField, forms.DateField, forms.TimeField)
USED_OF_USERS = ("groups", "user_permissions", "is_superuser", "has_perm", "is_staff")
OWN_QUEUES = ("default", MAINTENANCE)
ONE_VALUE = "Use a field and a widget of one value, such as DateTimeField with DateTimeInput."


@register(TAG)
def check_job_types(**kwargs: Any) -> list[CheckMessage]:
    """Check the form, the handler and the permission of every job type."""
    return [problem for job_type in registry.all() for problem in _problems(job_type)]


@register(TAG)
def check_default_type(**kwargs: Any) -> list[CheckMessage]:
    """Check that JOBS_DEFAULT_TYPE is a registered type."""
    if registry.find(settings.JOBS_DEFAULT_TYPE):
        return []
    known = ", ".join(one.slug for one in registry.all())
    fault = f"JOBS_DEFAULT_TYPE is {settings.JOBS_DEFAULT_TYPE!r}, which is no job type."
    return [Error(fault, hint=f"Set it to one of: {known}.", id="jobs.E001")]


@register(TAG)
def check_scanner(**kwargs: Any) -> list[CheckMessage]:
    """Check that UPLOAD_SCANNER can be called with a file and its name."""
    name = settings.UPLOAD_SCANNER
    fault = name and _scanner_fault(name)
    if not fault:
        return []
    hint = "Set it to a function of a file and its name, such as shop.scanning.scan, or to nothing."
    return [Error(f"UPLOAD_SCANNER is {name!r}, which {fault}.", hint=hint, id="jobs.E022")]


def _scanner_fault(name: str) -> str:
    try:
        scan = import_string(name)
    except Exception as error:  # a module of the site may raise anything
        return f"cannot be imported: {error!r}"
    if not callable(scan):
        return "is no function"
    try:
        inspect.signature(scan).bind(object(), "")
    except TypeError as error:
        return f"does not take a file and its name: {error}"
    except ValueError:  # of a function in C, whose parameters Python does not know
        return ""
    return ""


@register(TAG)
def check_user_model(**kwargs: Any) -> list[CheckMessage]:
    """Check that the site's user model has what pages and permissions read."""
    model = get_user_model()
    missing = [one for one in USED_OF_USERS if not hasattr(model, one)]
    if not missing:
        return []
    fault = f"AUTH_USER_MODEL is {model._meta.label}, which lacks {', '.join(missing)}."
    hint = (
        "Let it inherit from django.contrib.auth.models.PermissionsMixin, and give it `is_staff`,"
        " which says who may use the admin."
    )
    return [Error(fault, hint=hint, id="jobs.E020")]


def _problems(job_type: JobType) -> Iterator[CheckMessage]:
    yield from _permission_problems(job_type)
    yield from _queue_warnings(job_type)
    if fault := parameters.form_fault(job_type):
        yield fault
        return
    form = parameters.make_form(job_type)
    for name in form.fields:
        yield from _field_problems(job_type, form, name)
    for name in sorted(set(job_type.secret_fields) - set(form.fields)):
        yield Error(
            f"Job type {job_type.slug}: secret_fields names {name}, which its form lacks.",
            hint=f"The form has: {', '.join(form.fields) or 'no fields'}.",
            id="jobs.E003",
        )
    yield from _limit_problems(job_type, form)
    yield from _handler_problems(job_type, form)


def _queue_warnings(job_type: JobType) -> Iterator[CheckMessage]:
    """Warn of a queue that resembles one of ours: its jobs wait if no worker serves it."""
    close = get_close_matches(job_type.queue.lower(), OWN_QUEUES, n=1, cutoff=0.8)
    shared = [one for one in registry.all() if one.queue == job_type.queue]
    if close and job_type.queue not in OWN_QUEUES and len(shared) == 1:
        yield Warning(
            f"Job type {job_type.slug}: its queue is {job_type.queue!r}, which no other type has.",
            hint=f"Did you mean {close[0]!r}? If not, list this warning in SILENCED_SYSTEM_CHECKS.",
            id="jobs.W009",
        )


def _limit_problems(job_type: JobType, form: BaseForm) -> Iterator[CheckMessage]:
    by = job_type.max_running_by
    about = f"Job type {job_type.slug}: max_running_by names {by}"
    if by and job_type.max_running is None:
        hint = f"Give both, such as max_running=1, max_running_by={by!r}."
        yield Error(f"{about}, and max_running is missing.", hint=hint, id="jobs.E021")
    elif by and by not in form.fields:
        has = ", ".join(form.fields) or "no fields"
        yield Error(f"{about}, which its form lacks.", hint=f"The form has: {has}.", id="jobs.E021")


def _permission_problems(job_type: JobType) -> Iterator[CheckMessage]:
    """Check against the permissions that models declare: the database may not be migrated yet."""
    if job_type.permission is None or job_type.permission in _declared_permissions():
        return
    yield Error(
        f"Job type {job_type.slug}: no model declares its permission {job_type.permission!r}, "
        "so that only superusers could launch it.",
        hint="Use one such as 'auth.view_user', or add it to the Meta.permissions of a model.",
        id="jobs.E006",
    )


def _declared_permissions() -> set[str]:
    found = set()
    for meta in (model._meta for model in apps.get_models()):
        codenames = [get_permission_codename(action, meta) for action in meta.default_permissions]
        codenames += [codename for codename, _ in meta.permissions]
        found |= {f"{meta.app_label}.{codename}" for codename in codenames}
    return found


def _field_problems(job_type: JobType, form: BaseForm, name: str) -> Iterator[CheckMessage]:
    field = form.fields[name]
    about = f"Job type {job_type.slug}: the field {name} ({type(field).__name__})"
    if isinstance(field, forms.FileField) and name in job_type.secret_fields:
        hint = "Leave it out: people who may see the job may download its files."
        yield Error(f"{about} cannot be a secret field.", hint=hint, id="jobs.E009")
    if not _has_one_value(field):
        yield Error(f"{about} has no single JSON value.", hint=ONE_VALUE, id="jobs.E002")
        return
    if isinstance(field, forms.ImageField) and find_spec("PIL") is None:
        hint = "Install Pillow, or use a FileField with upload_kinds=('image/*',)."
        yield Error(f"{about} needs Pillow, which is not installed.", hint=hint, id="jobs.E023")
    initial = form.initial.get(name, field.initial)
    if callable(initial):  # made at the launch; it may need the database
        return
    try:
        found = parameters.from_initial(field, form.get_initial_for_field(field, name))
        fits = parameters.fits(field, found)
    except parameters.Unreadable:
        fits = False
    if not fits:
        yield Error(
            f"{about} has the initial value {initial!r}.",
            hint=f"Give {parameters.json_type(field).words}.",
            id="jobs.E007",
        )


def _has_one_value(field: forms.Field) -> bool:
    """Return whether a single JSON value fits the field: one file, one input, unchanged text.

    A field of several inputs reads name_0, name_1 ... and silently drops the API's single value.
    """
    widget = field.widget
    if isinstance(field, forms.FileField):
        return not getattr(widget, "allow_multiple_selected", False)
    several = isinstance(field, forms.MultiValueField)
    several |= isinstance(widget, forms.MultiWidget | forms.SelectDateWidget)
    if several or widget.needs_multipart_form:
        return False
    if isinstance(field, TEMPORAL) or parameters.json_type(field).schema.get("type") != "string":
        return True
    try:
        read = widget.value_from_datadict(QueryDict("name=text"), MultiValueDict(), "name")
    except Exception:
        return False
    return read is None or isinstance(read, str)


def _handler_problems(job_type: JobType, form: BaseForm) -> Iterator[CheckMessage]:
    about = f"Job type {job_type.slug}: its handler does not take the form's fields"
    odd = [name for name in form.fields if iskeyword(name) or not name.isidentifier()]
    names = ["**params"] if odd else form.fields
    hint = f"def run({', '.join([_free_name(form), *names])})"
    if odd:
        hint += f", because Python has no parameter called {odd[0]!r}; or rename the field."
    if _self_of(job_type.run) in form.fields:
        fault = f"{about}: one has the name of its `self`."
        yield Error(fault, hint="Rename the field.", id="jobs.E004")
    try:
        inspect.signature(job_type.run).bind(None, **dict.fromkeys(form.fields))
    except TypeError as error:
        yield Error(f"{about}: {error}.", hint=hint, id="jobs.E004")
    except ValueError:  # a function in C without a signature
        return


def _self_of(handler: Any) -> str:
    """Return the name of `self` if the handler is a method or an object; "" for a function."""
    function = handler.__func__ if inspect.ismethod(handler) else type(handler).__call__
    if not inspect.isfunction(function):
        return ""
    return next(iter(inspect.signature(function).parameters), "")


def _free_name(form: BaseForm) -> str:
    """Return a name for the handler's first parameter that no field has."""
    return next(name for name in ("job", "context", "job_context", "_") if name not in form.fields)
