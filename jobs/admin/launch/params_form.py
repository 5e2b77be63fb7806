"""The form of a job type as the admin shows it: in the browser's own inputs, with the choices the user may choose.

What is left as it was filled in stays as it was stored, although an input may show less than that:
no fraction of a second, no zone (so the doubled hour at the end of summer time stands for two
moments), other line breaks, and choices in an order of its own.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.forms.utils import to_current_timezone
from django.utils import timezone
from django.utils.dateparse import parse_datetime, parse_time

from jobs import access, parameters
from jobs.errors import InvalidParams, ParamError
from jobs.models import Job
from jobs.registry import JobType


class Exact:
    """An input for times that gives back the value it was filled with while it still shows that to the second."""

    supports_microseconds = True  # else Django compares with a value cut to seconds
    parse: Callable[[str], Any]
    exact: Any = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = super().value_from_datadict(data, files, name)  # type: ignore[misc]  # the widget's
        return self.exact if self._is_as_filled(typed) else typed

    def _is_as_filled(self, typed: Any) -> bool:
        if not isinstance(self.exact, datetime | time) or not isinstance(typed, str):
            return False
        try:
            # Not as text: browsers leave out seconds that are zero.
            return bool(self.parse(typed) == _local(self.exact).replace(microsecond=0))
        except ValueError:
            return False


class DateTimeInput(Exact, forms.DateTimeInput):
    """The browser's input for a date and a time."""

    parse = staticmethod(parse_datetime)


class TimeInput(Exact, forms.TimeInput):
    """The browser's input for a time of day."""

    parse = staticmethod(parse_time)


class SecretInput(forms.PasswordInput):
    """An input that never shows its secret; left empty it stands for the one that it keeps."""

    kept = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return super().value_from_datadict(data, files, name) or self.kept


# One input each, as the form's fields have; the browser brings its own calendar.
NATIVE: tuple[tuple[type[forms.Field], type[forms.Widget], dict[str, Any]], ...] = (
    (
        forms.DateTimeField,
        DateTimeInput,
        {"attrs": {"type": "datetime-local", "step": 1}, "format": "%Y-%m-%dT%H:%M:%S"},
    ),
    (forms.DateField, forms.DateInput, {"attrs": {"type": "date"}, "format": "%Y-%m-%d"}),
    (forms.TimeField, TimeInput, {"attrs": {"type": "time", "step": 1}, "format": "%H:%M:%S"}),
    (forms.JSONField, AdminTextareaWidget, {"attrs": {"rows": 6, "spellcheck": "false"}}),
)


def make_params_form(
    user: Any, job_type: JobType, data: Mapping[str, Any] | None = None, model: Job | None = None
) -> forms.Form:
    """The form, filled with `data` or as the job `model` was; a secret left empty keeps the one of the model."""
    initial = _stored(job_type, model) if model else {}
    made = job_type.form(data, initial=initial, prefix="params")
    for name, field in made.fields.items():
        _make_native(field)
        if isinstance(field.widget, Exact):
            field.widget.exact = initial.get(name)
        if name in job_type.secret_fields:
            field.widget = SecretInput(attrs={"autocomplete": "off"})
            if model and model.params.get(name):
                _keep_secret(field, model.params[name], is_own=user.pk == model.created_by_id)
    _offer_permitted(user, job_type, made)
    return made


def _keep_secret(field: forms.Field, secret: Any, *, is_own: bool) -> None:
    field.help_text = f"Left empty: as it was{'' if is_own else ', if nothing else changes'}."
    field.required = False
    if (
        is_own
    ):  # the form's clean methods need it; to another account an error of theirs could show it
        field.widget.kept = parameters.to_form(field, secret)


def as_params(job_type: JobType, form: forms.Form, model: Job | None = None) -> dict[str, Any]:
    """What the browser sent in a valid form, as the JSON the API takes; to launch `model` again only the changes.

    Raises: InvalidParams, if a field of the author's own reads a text that Django's own field
    cannot read.
    """
    found, errors = {}, []
    for name in sent(job_type, form, model):
        try:
            found[name] = parameters.from_widget(form.fields[name], form[name].data)
        except parameters.Unreadable:
            message = f"Must be {parameters.json_type(form.fields[name]).words}."
            errors.append(ParamError(name, message, "invalid"))
    if errors:
        raise InvalidParams(errors)
    return found


def sent(job_type: JobType, form: forms.Form, model: Job | None = None) -> list[str]:
    """The fields that a launch sends: all but disabled ones; to launch `model` again only the changed ones."""
    names = [name for name, field in form.fields.items() if not field.disabled]
    return [name for name in names if model is None or is_changed(job_type, form[name])]


def is_changed(job_type: JobType, field: forms.BoundField) -> bool:
    """Return whether a field differs from the job that the form was filled from."""
    if field.name in job_type.secret_fields:
        return bool(field.form.data.get(field.html_name))
    if _is_as_filled(field):
        return False
    shown = field.field.widget.format_value(field.field.prepare_value(field.initial))
    return not isinstance(shown, str) or _lines(shown) != _lines(str(field.data))


def _is_as_filled(field: forms.BoundField) -> bool:
    # Not by changed_data: Django compares cleaned values, which need not be JSON.
    try:
        sent = parameters.from_widget(field.field, field.data)
        filled = parameters.from_initial(field.field, field.initial)
    except parameters.Unreadable:
        return False
    return bool(_chosen(field.field, sent) == _chosen(field.field, filled))


def _chosen(field: forms.Field, value: Any) -> Any:
    """Several choices without order and repetition: browsers send each once, in the order of the input."""
    several = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
    return set(map(str, value)) if several and isinstance(value, list) else value


def _lines(text: str) -> list[str]:
    """The lines of `text`: browsers send each with CR and LF."""
    return text.replace("\r\n", "\n").split("\n")


def _local(value: Any) -> Any:
    """A moment as the inputs show it, without its zone; another value as it is."""
    return to_current_timezone(value) if isinstance(value, datetime) else value


def initial_json(form: forms.Form) -> dict[str, Any]:
    """What the form begins with, as the JSON the API takes."""
    return {
        name: parameters.from_initial(form.fields[name], value)
        for name, value in initial_of(form).items()
        if value is not None and not form.fields[name].disabled
    }


def initial_of(form: forms.Form) -> dict[str, Any]:
    """What the form begins with, by field."""
    return {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}


def _make_native(field: forms.Field) -> None:
    for kind, widget, options in NATIVE:
        if isinstance(field, kind):
            field.widget = widget(**options)
            parameters.take_iso(field)
            break
    if isinstance(field, forms.DateTimeField):
        # The input has no zone, and the reader's need not be the server's.
        field.help_text = f"{field.help_text} In {timezone.get_current_timezone_name()}.".strip()


def _offer_permitted(user: Any, job_type: JobType, form: forms.Form) -> None:
    """Leave out choices that need a permission the user lacks; who sends one all the same is refused as ever."""
    if job_type.permission_for is None:
        return
    params = dict.fromkeys(form.fields) | initial_json(form)
    for name, field in form.fields.items():
        if isinstance(field, forms.ChoiceField):
            field.widget.choices = [
                (value, label)
                for value, label in field.choices
                if not access.missing_permission(
                    user, job_type, params | {name: parameters.from_widget(field, value)}
                )
            ]


def _stored(job_type: JobType, model: Job) -> dict[str, Any]:
    fields = job_type.form().fields
    return {
        name: parameters.to_initial(fields[name], value)
        for name, value in model.params.items()
        if name in fields
    }
