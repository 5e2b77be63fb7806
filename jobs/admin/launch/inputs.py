"""Form inputs of the launch page: the browser's own for dates and times, and one for secrets."""

import json
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.forms.utils import to_current_timezone
from django.utils import timezone
from django.utils.dateparse import parse_datetime, parse_time

from jobs import parameters


class KeepsExactValue:
    """A time input that returns its initial value while it shows that value to the second."""

    supports_microseconds = True  # otherwise Django compares with the value cut to seconds
    parse: Callable[[str], Any]
    exact_value: Any = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        # That of the widget, which the classes below put after this one.
        typed = super().value_from_datadict(data, files, name)  # type: ignore[misc]
        return self.exact_value if self._is_unchanged(typed) else typed

    def _is_unchanged(self, typed: Any) -> bool:
        if not isinstance(self.exact_value, datetime | time) or not isinstance(typed, str):
            return False
        shown = _without_zone(self.exact_value).replace(microsecond=0)
        try:
            # Not compared as text: browsers leave out seconds that are zero.
            return bool(self.parse(typed) == shown)
        except ValueError:
            return False


class DateTimeInput(KeepsExactValue, forms.DateTimeInput):
    """The browser's input for a date and a time."""

    parse = staticmethod(parse_datetime)


class TimeInput(KeepsExactValue, forms.TimeInput):
    """The browser's input for a time of day."""

    parse = staticmethod(parse_time)


class SecretInput(forms.PasswordInput):
    """An input that never shows its secret; left empty, it returns `kept_secret`."""

    kept_secret = ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return super().value_from_datadict(data, files, name) or self.kept_secret


# The first kind that fits decides: a DateTimeField is also a DateField. Without `max` a year
# has six digits in browsers, so that 2026 followed by the month becomes 202612.
BROWSER_INPUTS: tuple[tuple[type[forms.Field], type[forms.Widget], dict[str, Any]], ...] = (
    (
        forms.DateTimeField,
        DateTimeInput,
        {
            "attrs": {
                "type": "datetime-local",
                "step": 1,
                "min": "1000-01-01T00:00:00",
                "max": "9999-12-31T23:59:59",
            },
            "format": "%Y-%m-%dT%H:%M:%S",
        },
    ),
    (
        forms.DateField,
        forms.DateInput,
        {
            "attrs": {"type": "date", "min": "1000-01-01", "max": "9999-12-31"},
            "format": "%Y-%m-%d",
        },
    ),
    (forms.TimeField, TimeInput, {"attrs": {"type": "time", "step": 1}, "format": "%H:%M:%S"}),
    (forms.JSONField, AdminTextareaWidget, {"attrs": {"rows": 6, "spellcheck": "false"}}),
)


class TypedJSONDecoder(json.JSONDecoder):
    """Reads what a person typed; Django shows no other error beside the field."""

    def decode(self, text: str, *args: Any) -> Any:
        """Return the value. Raises: JSONDecodeError, also for what Python refuses to read."""
        try:
            return super().decode(text, *args)
        except json.JSONDecodeError:
            raise
        except (RecursionError, ValueError) as error:  # nested too deeply; a number too long
            raise json.JSONDecodeError(str(error), text, 0) from error


def use_browser_input(field: forms.Field) -> None:
    """Give dates, times and JSON the browser's own input, with its calendar."""
    for kind, widget, options in BROWSER_INPUTS:
        if isinstance(field, kind):
            field.widget = widget(**options)
            parameters.take_iso(field)
            break
    if isinstance(field, forms.DateTimeField):
        # The input has no time zone, so the text names it.
        field.help_text = f"{field.help_text} In {timezone.get_current_timezone_name()}.".strip()
    if isinstance(field, forms.JSONField) and field.decoder is None:
        field.decoder = TypedJSONDecoder


def _without_zone(value: Any) -> Any:
    """A datetime as its input shows it, in the current zone; other values unchanged."""
    return to_current_timezone(value) if isinstance(value, datetime) else value
