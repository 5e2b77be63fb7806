"""The form of a job type is its one schema: it validates params for every door, binds them, and describes them.

A plain Django form leaves gaps that show only over JSON: it drops the initial value of a field that was left out,
takes True or ["a"] for text and 7.0 for a number, reads dates as the site's language writes them, and ignores names
it does not know. They are closed here, so that every door accepts and refuses the same.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_duration, parse_time
from django.utils.translation import override

from jobs.registry import JobType
from jobs.text import storable_json

PARAMS_LIMIT = 64 * 1024
MASK = "********"


@dataclass(frozen=True)
class ParamError:
    """What is wrong with one parameter; `name` is "" when it is all of them together."""

    name: str
    message: str
    code: str


class InvalidParams(Exception):
    """The type's form refuses the params."""

    def __init__(self, errors: list[ParamError]) -> None:
        super().__init__("; ".join(f"{e.name}: {e.message}" if e.name else e.message for e in errors))
        self.errors = errors


def validate(job_type: JobType, params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` (parsed JSON) as they are to be stored: checked, complete with defaults, JSON again.

    Raises: InvalidParams, with every error found.
    """
    fields = job_type.form().fields
    errors = [
        ParamError(name, "This parameter is not known.", "unknown") for name in params if name not in fields
    ]
    errors += [
        ParamError(name, message, "invalid")
        for name, value in params.items()
        if name in fields and (message := _type_error(fields[name], value))
    ]
    if errors:
        raise InvalidParams(errors)
    return as_json(_clean(job_type, params))


def bind(job_type: JobType, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The Python values a handler gets for stored params (dates, numbers, model instances).

    Raises: InvalidParams if the form no longer takes them.
    """
    return _clean(job_type, {name: value for name, value in stored.items() if name in job_type.form().fields})


def as_json(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """A form's cleaned_data as the JSON object that is stored."""
    return {
        name: storable_json(json.loads(json.dumps(value, cls=_Encoder))) for name, value in cleaned.items()
    }


def mask(job_type: JobType, params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` for eyes: the values of secret fields replaced."""
    return {
        name: MASK if name in job_type.secret_fields and value else value for name, value in params.items()
    }


def _clean(job_type: JobType, params: Mapping[str, Any]) -> dict[str, Any]:
    # The site's language must not change what an API call means: "3,5" or "11/22/2026" are no JSON.
    with override(None):
        blank = job_type.form()
        given = {
            name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()
        } | dict(params)
        form = job_type.form(
            data={name: _to_form(blank.fields[name], value) for name, value in given.items()}
        )
        if not form.is_valid():
            raise InvalidParams(form_errors(form))
        return form.cleaned_data


def form_errors(form: forms.Form) -> list[ParamError]:
    """The errors of a bound form, in the order of its fields."""
    return [
        ParamError("" if name == "__all__" else name, str(error["message"]), error["code"] or "invalid")
        for name, found in form.errors.get_json_data().items()
        for error in found
    ]


def _to_form(field: forms.Field, value: Any) -> Any:
    """A JSON or Python value as the form's widget would have sent it."""
    if isinstance(field, forms.DateTimeField) and isinstance(value, str):
        return parse_datetime(value)
    if isinstance(field, forms.JSONField) and value is not None:
        return json.dumps(value)
    return value


def _rfc3339(value: str) -> bool:
    moment = parse_datetime(value)
    return moment is not None and timezone.is_aware(moment)


@dataclass(frozen=True)
class JsonType:
    """How a kind of form field looks in JSON: a test, words for the error, and its JSON Schema."""

    accepts: Callable[[Any], bool]
    words: str
    schema: dict[str, Any]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _parses(parse: Callable[[str], Any]) -> Callable[[Any], bool]:
    def accepts(value: Any) -> bool:
        try:
            return isinstance(value, str) and bool(parse(value))
        except ValueError:  # well formed, but no such day or hour
            return False

    return accepts


# The first kind that a field is an instance of counts, so subclasses stand before their parents.
JSON_TYPES: tuple[tuple[type[forms.Field] | tuple[type[forms.Field], ...], JsonType], ...] = (
    (
        forms.DateTimeField,
        JsonType(
            _parses(_rfc3339),
            "a date and time with a zone, such as 2026-11-22T09:30:00Z",
            {"type": "string", "format": "date-time"},
        ),
    ),
    (
        forms.DateField,
        JsonType(_parses(parse_date), "a date such as 2026-11-22", {"type": "string", "format": "date"}),
    ),
    (forms.TimeField, JsonType(_parses(parse_time), "a time such as 09:30", {"type": "string"})),
    (
        forms.DurationField,
        JsonType(_parses(parse_duration), "a duration such as 3 02:00:00", {"type": "string"}),
    ),
    (
        forms.DecimalField,
        JsonType(lambda v: _is_number(v) or _is_text(v), "a number", {"type": ["number", "string"]}),
    ),
    (forms.FloatField, JsonType(_is_number, "a number", {"type": "number"})),
    (forms.IntegerField, JsonType(_is_integer, "a whole number", {"type": "integer"})),
    (forms.BooleanField, JsonType(lambda v: isinstance(v, bool), "true or false", {"type": "boolean"})),
    (
        (forms.MultipleChoiceField, forms.ModelMultipleChoiceField),
        JsonType(lambda v: isinstance(v, list), "a list", {"type": "array"}),
    ),
    (
        forms.ModelChoiceField,
        JsonType(lambda v: _is_text(v) or _is_integer(v), "an id", {"type": ["string", "integer"]}),
    ),
    (forms.JSONField, JsonType(lambda v: True, "any JSON value", {})),
    (forms.UUIDField, JsonType(_is_text, "a UUID", {"type": "string", "format": "uuid"})),
    (forms.EmailField, JsonType(_is_text, "an e-mail address", {"type": "string", "format": "email"})),
    (forms.URLField, JsonType(_is_text, "a URL", {"type": "string", "format": "uri"})),
    (forms.Field, JsonType(_is_text, "text", {"type": "string"})),
)


def json_type(field: forms.Field) -> JsonType:
    """How `field` looks in JSON."""
    return next(found for kinds, found in JSON_TYPES if isinstance(field, kinds))


def _type_error(field: forms.Field, value: Any) -> str:
    """What is wrong with the JSON type of `value`; "" if nothing is."""
    if value is None:
        return "This parameter is required." if field.required else ""
    expected = json_type(field)
    return "" if expected.accepts(value) else f"Must be {expected.words}."


class _Encoder(json.JSONEncoder):
    """Cleaned values as JSON that `validate` takes back: nothing is cut or rounded."""

    def default(self, value: Any) -> Any:
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, models.Model):
            return value.pk
        if isinstance(value, models.QuerySet):
            return [one.pk for one in value]
        if isinstance(value, timedelta | Decimal | UUID):
            return str(value)
        return super().default(value)
