"""System checks that refuse to start with a job type that could only fail later.

jobs/options.py says what an option of @job_type may be; these checks need the form, the handler or
other applications.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.core.checks import CheckMessage, Error, register
from django.forms import BaseForm
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from jobs import parameters, registry
from jobs.registry import JobType

TAG = "jobs"
# The admin shows them in widgets of its own.
TEMPORAL = (forms.DateTimeField, forms.DateField, forms.TimeField)
ONE_VALUE = "Use a field and a widget of one value, such as DateTimeField with DateTimeInput."


@register(TAG)
def check_job_types(**kwargs: Any) -> list[CheckMessage]:
    """Every job type's form can be read from JSON, its handler takes what the form gives, its permission exists."""
    return [problem for job_type in registry.all() for problem in _problems(job_type)]


@register(TAG)
def check_default_type(**kwargs: Any) -> list[CheckMessage]:
    """JOBS_DEFAULT_TYPE names a registered type."""
    if registry.find(settings.JOBS_DEFAULT_TYPE):
        return []
    known = ", ".join(one.slug for one in registry.all())
    return [
        Error(
            f"JOBS_DEFAULT_TYPE is {settings.JOBS_DEFAULT_TYPE!r}, which is no job type.",
            hint=f"Set it to one of: {known}.",
            id="jobs.E001",
        )
    ]


def _problems(job_type: JobType) -> Iterator[CheckMessage]:
    yield from _permission_problems(job_type)
    try:
        form = job_type.form()
        job_type.form(None, initial={}, prefix="params")
    except Exception as error:
        yield Error(
            f"Job type {job_type.slug}: its form cannot be made without arguments: {error!r}.",
            hint="Let __init__ take only what forms.Form takes, and hand it on: (self, *args, **kwargs).",
            id="jobs.E005",
        )
        return
    for name in form.fields:
        yield from _field_problems(job_type, form, name)
    for name in sorted(set(job_type.secret_fields) - set(form.fields)):
        yield Error(
            f"Job type {job_type.slug}: secret_fields names {name}, which its form lacks.",
            hint=f"The form has: {', '.join(form.fields) or 'no fields'}.",
            id="jobs.E003",
        )
    yield from _handler_problems(job_type, form)


def _permission_problems(job_type: JobType) -> Iterator[CheckMessage]:
    """Compare with the permissions that models declare: the start must not need a migrated database."""
    if job_type.permission is None or job_type.permission in _declared_permissions():
        return
    yield Error(
        f"Job type {job_type.slug}: no model declares its permission {job_type.permission!r}, "
        "so that only superusers could launch it.",
        hint="Use one such as 'auth.view_user', or add it to the Meta.permissions of a model.",
        id="jobs.E006",
    )


def _declared_permissions() -> set[str]:
    return {
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        for codename in (
            *(
                get_permission_codename(action, model._meta)
                for action in model._meta.default_permissions
            ),
            *(codename for codename, _ in model._meta.permissions),
        )
    }


def _field_problems(job_type: JobType, form: BaseForm, name: str) -> Iterator[CheckMessage]:
    field = form.fields[name]
    about = f"Job type {job_type.slug}: the field {name} ({type(field).__name__})"
    if not _has_one_value(field):
        yield Error(f"{about} has no single JSON value.", hint=ONE_VALUE, id="jobs.E002")
        return
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
    """Whether JSON has a value for the field: no inputs in parts, no file, no widget that changes text.

    A field of several inputs reads name_0, name_1 ... and silently drops the API's single value.
    """
    several = isinstance(field, forms.MultiValueField | forms.FileField)
    widget = field.widget
    if (
        several
        or widget.needs_multipart_form
        or isinstance(widget, forms.MultiWidget | forms.SelectDateWidget)
    ):
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
    hint = f"def run({', '.join([_free_name(form), *form.fields])})"
    if _self_of(job_type.run) in form.fields:
        yield Error(
            f"{about}: one is called as its `self`.", hint="Rename the field.", id="jobs.E004"
        )
    try:
        inspect.signature(job_type.run).bind(None, **dict.fromkeys(form.fields))
    except TypeError as error:
        yield Error(f"{about}: {error}.", hint=hint, id="jobs.E004")
    except ValueError:  # a function in C says nothing of its parameters
        return


def _self_of(handler: Any) -> str:
    """The name of `self`, where the handler is a method or an object; "" for a function."""
    function = handler.__func__ if inspect.ismethod(handler) else type(handler).__call__
    return (
        next(iter(inspect.signature(function).parameters), "")
        if inspect.isfunction(function)
        else ""
    )


def _free_name(form: BaseForm) -> str:
    """Return a name for the handler's first parameter that no field has."""
    return next(name for name in ("job", "context", "job_context", "_") if name not in form.fields)
