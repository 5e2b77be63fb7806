"""Converts stored JSON to the text that forms read and to the Python values that widgets show."""

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
    """Return a stored value as the field's own widget would pass it to the field."""
    return "" if value is None else str(value)


@to_form.register
def _(field: forms.DateTimeField, value: Any) -> Any:
    # In the site's zone, as in a browser's form, so that a clean_x that reads the date finds the
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
    """Make `field` read what `to_form` returns, whatever its widget and the site's language."""
    field.widget = forms.Widget()
    field.localize = False
    field.disabled = False  # the value it was fixed to at the launch is stored
    take_iso(field)


def take_iso(field: forms.Field) -> None:
    """Let a date or time field also read the ISO formats that JSON and browsers use."""
    if isinstance(field, forms.DateField) and not isinstance(field, forms.DateTimeField):
        iso = ISO_INPUT_FORMATS["DATE_INPUT_FORMATS"]
    elif isinstance(field, forms.TimeField):
        iso = ISO_INPUT_FORMATS["TIME_INPUT_FORMATS"]
    else:
        return
    # The stubs do not know that these are lists of text, which may be lazy.
    field.input_formats = [*iso, *cast("list[str]", field.input_formats)]


def to_initial(field: forms.Field, value: Any) -> Any:
    """Return a stored value as an initial value of `field`; unchanged if it is no longer one."""
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
