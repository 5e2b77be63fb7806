"""The JSON type of each kind of form field: a test, its name in errors, and its JSON Schema."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from typing import Any

from django import forms
from django.utils.dateparse import parse_duration

from jobs.uploads import parse_id

# Tuples, because `int | float` inside a function makes a new object at each call.
NUMBERS = (int, float)
SCALARS = (str, *NUMBERS)

# Python's fromisoformat also accepts week dates, the basic format and more than RFC 3339 does.
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
LONGEST_MOMENT = 64  # what is kept must be short


def moment(text: str) -> datetime | None:
    """Parse an RFC 3339 date-time; None if `text` is not one.

    It is converted to UTC because PostgreSQL refuses zones more than 16 hours from UTC, which
    Python accepts.
    """
    return _parsed_moment(text) if len(text) <= LONGEST_MOMENT else None


@lru_cache  # a submission parses each text three times: to check, to store and to clean it
def _parsed_moment(text: str) -> datetime | None:
    if not MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):  # well formed, but no such day or hour
        return None


def moment_text(moment: datetime) -> str:
    """Return an aware datetime as RFC 3339 text in UTC, which ends with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class JsonType:
    """The JSON type of a kind of form field; `words` names it in errors."""

    accepts: Callable[[Any], bool]
    words: str
    schema: dict[str, Any]


def is_number(value: Any) -> bool:
    """Return whether a JSON value is a number; true and false are not."""
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_upload_id(value: Any) -> bool:
    return parse_id(value) is not None


def is_scalar(value: Any) -> bool:
    """Return whether a JSON value is a text, a number or a boolean."""
    return isinstance(value, SCALARS)


def _parses(parse: Callable[[str], Any]) -> Callable[[Any], bool]:
    def accepts(value: Any) -> bool:
        try:
            return isinstance(value, str) and parse(value) is not None
        except (ValueError, OverflowError):  # well formed, but no such day or hour
            return False

    return accepts


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if DATE.fullmatch(text) else None


def _time(text: str) -> time | None:
    return time.fromisoformat(text) if TIME.fullmatch(text) else None


# The first kind that matches a field counts, so subclasses come before their parents.
JSON_TYPES: tuple[tuple[type[forms.Field] | tuple[type[forms.Field], ...], JsonType], ...] = (
    (
        forms.DateTimeField,
        JsonType(
            _parses(moment),
            "a date and time with a zone, such as 2026-11-22T09:30:00Z",
            {"type": "string", "format": "date-time"},
        ),
    ),
    (
        forms.DateField,
        JsonType(_parses(_date), "a date such as 2026-11-22", {"type": "string", "format": "date"}),
    ),
    (forms.TimeField, JsonType(_parses(_time), "a time such as 09:30", {"type": "string"})),
    (
        forms.DurationField,
        JsonType(_parses(parse_duration), "a duration such as 3 02:00:00", {"type": "string"}),
    ),
    (
        forms.DecimalField,
        JsonType(lambda v: is_number(v) or _is_text(v), "a number", {"type": ["number", "string"]}),
    ),
    (forms.FloatField, JsonType(is_number, "a number", {"type": "number"})),
    (forms.IntegerField, JsonType(_is_integer, "a whole number", {"type": "integer"})),
    (
        forms.NullBooleanField,
        JsonType(
            lambda v: isinstance(v, bool), "true, false or null", {"type": ["boolean", "null"]}
        ),
    ),
    (
        forms.BooleanField,
        JsonType(lambda v: isinstance(v, bool), "true or false", {"type": "boolean"}),
    ),
    (
        (forms.MultipleChoiceField, forms.ModelMultipleChoiceField),
        JsonType(lambda v: isinstance(v, list), "a list", {"type": "array"}),
    ),
    (
        forms.ModelChoiceField,
        JsonType(lambda v: _is_text(v) or _is_integer(v), "an id", {"type": ["string", "integer"]}),
    ),
    # A number or boolean keys a choice of TypedChoiceField(coerce=int).
    (forms.ChoiceField, JsonType(is_scalar, "text", {"type": "string"})),
    (
        forms.FileField,
        JsonType(_is_upload_id, "the id of an upload", {"type": "string", "format": "uuid"}),
    ),
    (forms.JSONField, JsonType(lambda v: True, "any JSON value", {})),
    (forms.UUIDField, JsonType(_is_text, "a UUID", {"type": "string", "format": "uuid"})),
    (
        forms.EmailField,
        JsonType(_is_text, "an e-mail address", {"type": "string", "format": "email"}),
    ),
    (forms.URLField, JsonType(_is_text, "a URL", {"type": "string", "format": "uri"})),
    (forms.Field, JsonType(_is_text, "text", {"type": "string"})),
)


def json_type(field: forms.Field) -> JsonType:
    """Return the JSON type of `field`."""
    return _json_type(type(field))  # type: ignore[arg-type]  # the stubs' Field has no __hash__


@cache
def _json_type(kind: type[forms.Field]) -> JsonType:
    return next(found for kinds, found in JSON_TYPES if issubclass(kind, kinds))


def fits(field: forms.Field, value: Any) -> bool:
    """Return whether a JSON value has the type of `field`.

    null fits every field; the form decides whether the value may be missing.
    """
    return value is None or json_type(field).accepts(value)


def may_be_null(field: forms.Field) -> bool:
    """Return whether null is a valid value of `field`: if it is optional or a NullBooleanField."""
    return not field.required or field.disabled or isinstance(field, forms.NullBooleanField)
