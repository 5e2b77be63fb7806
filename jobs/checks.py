"""System checks that refuse to start with a job type that could only fail later."""

import inspect
from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from jobs import registry
from jobs.registry import JobType


@register
def check_job_types(**kwargs: Any) -> list[CheckMessage]:
    """Every job type's form can be read from JSON, and its handler takes what the form gives."""
    return [problem for job_type in registry.all() for problem in _problems(job_type)]


@register
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
    fields = job_type.form().fields
    for name, field in fields.items():
        # A field of several inputs reads name_0, name_1 ... and silently drops the API's single value.
        if isinstance(field, forms.MultiValueField | forms.FileField) or isinstance(
            field.widget, forms.MultiWidget | forms.SelectDateWidget
        ):
            yield Error(
                f"Job type {job_type.slug}: the field {name} ({type(field).__name__}) has no single JSON value.",
                hint="Use a field and a widget of one value, such as DateTimeField with DateTimeInput.",
                id="jobs.E002",
            )
    for name in set(job_type.secret_fields) - set(fields):
        yield Error(
            f"Job type {job_type.slug}: secret_fields names {name}, which its form lacks.", id="jobs.E003"
        )
    try:
        inspect.signature(job_type.run).bind(None, **dict.fromkeys(fields))
    except TypeError as error:
        yield Error(
            f"Job type {job_type.slug}: its handler does not take the form's fields: {error}.",
            hint="def run(job, " + ", ".join(fields) + ")",
            id="jobs.E004",
        )
