"""The form of a job type as the admin shows it: in the browser's own inputs, with the choices the user may choose."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils import timezone

from jobs import access, parameters
from jobs.models import Job
from jobs.registry import JobType

# One input each, as the form's fields have; the browser brings its own calendar.
NATIVE: tuple[tuple[type[forms.Field], type[forms.Widget], dict[str, Any]], ...] = (
    (
        forms.DateTimeField,
        forms.DateTimeInput,
        {"attrs": {"type": "datetime-local", "step": 1}, "format": "%Y-%m-%dT%H:%M:%S"},
    ),
    (forms.DateField, forms.DateInput, {"attrs": {"type": "date"}, "format": "%Y-%m-%d"}),
    (forms.TimeField, forms.TimeInput, {"attrs": {"type": "time", "step": 1}, "format": "%H:%M:%S"}),
    (forms.JSONField, AdminTextareaWidget, {"attrs": {"rows": 6, "spellcheck": "false"}}),
)


def of(
    user: Any, job_type: JobType, data: Mapping[str, Any] | None = None, model: Job | None = None
) -> forms.Form:
    """The form, filled with `data` or as the job `model` was; a secret left empty keeps the one of the model."""
    initial = _stored(job_type, model) if model else {}
    made = job_type.form(data, initial=initial, prefix="params")
    for name, field in made.fields.items():
        _make_native(field)
        if name in job_type.secret_fields:
            field.widget = forms.PasswordInput(attrs={"autocomplete": "off"})
            if model and model.params.get(name):
                field.required = False
                mine = user.pk == model.created_by_id
                field.help_text = f"Left empty: as it was{'' if mine else ', if nothing else changes'}."
    _offer_permitted(user, job_type, made)
    return made


def initial_of(form: forms.Form) -> dict[str, Any]:
    """What the form begins with, by field."""
    return {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}


def _make_native(field: forms.Field) -> None:
    for kind, widget, options in NATIVE:
        if isinstance(field, kind):
            field.widget = widget(**options)
            break
    if isinstance(field, forms.DateTimeField):
        # The input has no zone, and the reader's need not be the server's.
        field.help_text = f"{field.help_text} In {timezone.get_current_timezone_name()}.".strip()


def _offer_permitted(user: Any, job_type: JobType, form: forms.Form) -> None:
    """Leave out choices that need a permission the user lacks; who sends one all the same is refused as ever."""
    if job_type.permission_for is None:
        return
    initial = initial_of(form)
    for name, field in form.fields.items():
        if isinstance(field, forms.ChoiceField):
            field.widget.choices = [
                (value, label)
                for value, label in field.choices
                if not access.missing_permission(user, job_type, initial | {name: value})
            ]


def _stored(job_type: JobType, model: Job) -> dict[str, Any]:
    try:
        return parameters.bind(job_type, model.params)
    except parameters.InvalidParams:  # the form has changed since: what still fits is a start
        return dict(model.params)
