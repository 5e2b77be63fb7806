"""Converts stored JSON to the text that a form reads, and to the Python values that a widget shows."""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import singledispatch
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_duration, parse_time
from django.utils.formats import ISO_INPUT_FORMATS

from jobs.parameters.json_types import moment


@singledispatch
def to_form(field: forms.Field, value: Any) -> Any:
    """A stored value as the field's own widget would hand it to the field."""
    return "" if value is None else str(value)


@to_form.register
def _(field: forms.DateTimeField, value: Any) -> Any:
    # In the site's zone, as of a form that a browser sent: a clean_x that takes the date finds the
    # same one.
    at = moment(value) if isinstance(value, str) else None
    return timezone.localtime(at) if at else value


@to_form.register
def _(field: forms.BooleanField, value: Any) -> Any:
    return value


@to_form.register
def _(field: forms.JSONField, value: Any) -> Any:
    return "" if value is None else json.dumps(value)


@to_form.register(forms.MultipleChoiceField)
@to_form.register(forms.ModelMultipleChoiceField)
def _(field: forms.Field, value: Any) -> Any:
    return [str(one) for one in value or []] if value is None or isinstance(value, list) else value


def take_json(field: forms.Field) -> None:
    """Make `field` read what `to_form` returns, regardless of its widget and the site's language."""
    field.widget = forms.Widget()
    field.localize = False
    field.disabled = False  # the value it was fixed to at the launch is stored
    take_iso(field)


def take_iso(field: forms.Field) -> None:
    """Let a date or time be written as JSON and browsers write it, besides the field's own formats."""
    for kind, name in (
        (forms.DateField, "DATE_INPUT_FORMATS"),
        (forms.TimeField, "TIME_INPUT_FORMATS"),
    ):
        if isinstance(field, kind) and not isinstance(field, forms.DateTimeField):
            # The stubs do not know that these are lists of text, which may be lazy.
            field.input_formats = [
                *ISO_INPUT_FORMATS[name],
                *cast("list[str]", field.input_formats),
            ]


def to_initial(field: forms.Field, value: Any) -> Any:
    """A stored value as the initial value of `field`; as it is where it cannot be one any more."""
    read = next((read for kind, read in _SHOWN.items() if isinstance(field, kind)), None)
    try:
        found = read(value) if read and isinstance(value, str) else None
    except (ValueError, OverflowError, InvalidOperation):
        return value
    return value if found is None else found


_SHOWN: dict[type[forms.Field], Callable[[str], Any]] = {
    forms.DateTimeField: moment,
    forms.DateField: parse_date,
    forms.TimeField: parse_time,
    forms.DurationField: parse_duration,
    forms.DecimalField: Decimal,
}
