"""Converts values of callers, browsers and forms' initial values to JSON as it is stored.

Only the `to_python` of Django's own fields is used here, never `clean_x`, `clean` or a validator.
"""

import json
from collections.abc import Iterable
from datetime import datetime, time
from functools import singledispatch
from typing import Any, cast

from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field as ModelField
from django.db.models import QuerySet
from django.utils.duration import duration_string

from jobs.parameters.json_types import fits, is_number, is_scalar, moment, moment_text


class Unreadable(ValueError):
    """The value does not have the type of its field."""


@singledispatch
def normal(field: forms.Field, value: Any) -> Any:
    """Return a JSON value of the field's type as stored: values equal for the form become equal."""
    return "" if value is None else value


@normal.register(forms.DateField)
@normal.register(forms.DurationField)
@normal.register(forms.IntegerField)
@normal.register(forms.JSONField)
@normal.register(forms.NullBooleanField)
def _(field: forms.Field, value: Any) -> Any:
    return value


@normal.register
def _(field: forms.DateTimeField, value: Any) -> Any:
    at = moment(value) if isinstance(value, str) else None
    return moment_text(at) if at else value


@normal.register
def _(field: forms.TimeField, value: Any) -> Any:
    return time.fromisoformat(value).isoformat() if value and fits(field, value) else value


@normal.register
def _(field: forms.DecimalField, value: Any) -> Any:
    return str(value) if is_number(value) else value or None


@normal.register
def _(field: forms.BooleanField, value: Any) -> Any:
    return False if value is None else value


@normal.register
def _(field: forms.ChoiceField, value: Any) -> Any:
    return None if value is None or value == "" else str(value)


@normal.register
def _(field: forms.UUIDField, value: Any) -> Any:
    return value or None


@normal.register
def _(field: forms.MultipleChoiceField, value: Any) -> Any:
    return [_scalar(one) for one in value or []] if _is_list(value) else value


@normal.register(forms.ModelChoiceField)
def _(field: "forms.ModelChoiceField[Any]", value: Any) -> Any:
    return None if value is None or value == "" else _row_key(field, value)


@normal.register(forms.ModelMultipleChoiceField)
def _(field: "forms.ModelMultipleChoiceField[Any]", value: Any) -> Any:
    return [_row_key(field, one) for one in value or []] if _is_list(value) else value


def _is_list(value: Any) -> bool:
    return value is None or isinstance(value, list)


def _scalar(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) else value


def _row_key(field: "forms.ModelChoiceField[Any]", value: Any) -> Any:
    """Return `value` as a number if the rows have numbers as keys: "5" and 5 are stored alike."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return value
    try:
        found = _key_field(field).to_python(value)
    except (FieldDoesNotExist, ValidationError):
        return value
    return found if isinstance(found, int) and str(found) == str(value) else value


def _key_field(field: "forms.ModelChoiceField[Any]") -> "ModelField[Any, Any]":
    meta = cast("QuerySet[Any]", field.queryset).model._meta
    return cast("ModelField[Any, Any]", meta.get_field(field.to_field_name or meta.pk.name))


def from_initial(field: forms.Field, value: Any) -> Any:
    """Return the initial value of `field` as JSON.

    Raises: Unreadable.
    """
    # prepare_value would drop the zone, which makes the hour after a clock change ambiguous.
    if isinstance(value, datetime):
        return from_widget(field, value)
    try:
        shown = field.prepare_value(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise Unreadable from error
    return from_widget(field, shown)


def from_widget(field: forms.Field, value: Any) -> Any:
    """Return what the field's widget read from a browser's form, as JSON.

    Raises: Unreadable.
    """
    try:
        return normal(field, None if value is None else widget_json(field, value))
    except (ValidationError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable from error


def refit(field: forms.Field, value: Any) -> Any:
    """Return a stored value of a possibly older form, converted to the field's type if possible."""
    if not fits(field, value) and is_scalar(value):
        try:
            return from_widget(field, value)
        except Unreadable:
            return value
    return normal(field, value) if fits(field, value) else value


@singledispatch
def widget_json(field: forms.Field, value: Any) -> Any:
    return str(value)


@widget_json.register
def _(field: forms.DateTimeField, value: Any) -> Any:
    found = forms.DateTimeField.to_python(field, value)
    return found and moment_text(found)


@widget_json.register
def _(field: forms.DateField, value: Any) -> Any:
    if isinstance(value, str) and fits(field, value):
        return value
    found = forms.DateField.to_python(field, value)
    return found and found.isoformat()


@widget_json.register
def _(field: forms.TimeField, value: Any) -> Any:
    if isinstance(value, str) and fits(field, value):
        return value
    found = forms.TimeField.to_python(field, value)
    return None if found is None else found.isoformat()


@widget_json.register
def _(field: forms.DurationField, value: Any) -> Any:
    if isinstance(value, str) and fits(field, value):
        return value
    found = forms.DurationField.to_python(field, value)
    return None if found is None else duration_string(found)


@widget_json.register
def _(field: forms.DecimalField, value: Any) -> Any:
    found = forms.DecimalField.to_python(field, value)
    return None if found is None else str(found)


# Django's own method, because a subclass's may return values that JSON does not have.
for _kind in (forms.FloatField, forms.IntegerField, forms.NullBooleanField, forms.BooleanField):
    widget_json.register(_kind, _kind.to_python)


@widget_json.register
def _(field: forms.JSONField, value: Any) -> Any:
    return json.loads(value) if value.strip() else None


@widget_json.register(forms.MultipleChoiceField)
@widget_json.register(forms.ModelMultipleChoiceField)
def _(field: forms.Field, value: Iterable[Any]) -> Any:
    return [str(one) for one in ([value] if isinstance(value, str | int) else value)]
