"""Values of parameters and results as text."""

import json
import re
from datetime import datetime
from typing import Any

from django.forms import ChoiceField, Field, ModelChoiceField
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from jobs.admin.display import times
from jobs.quantities import number_text

EMPTY_VALUES: tuple[Any, ...] = (None, "", [], {})
# Numbers under such a name are no amounts: digits are not grouped, and they are no figure.
NOT_AN_AMOUNT = re.compile(
    r"(^|_)(id|ids|pk|key|no|nr|number|code|year|month|day|zip|postcode|port|pid|version|phone)$",
    re.I,
)
BYTES = re.compile(r"((^|_)bytes|^file_?size)$", re.I)


def is_amount(name: str, value: Any) -> bool:
    """Whether `value` is a number that counts or measures, by its name."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and not NOT_AN_AMOUNT.search(name)


def entered_value(value: Any, field: Field | None) -> str:
    """A parameter as it was entered; choices by their labels."""
    return _readable(_choice_labels(value, field))


def result_value(name: str, value: Any) -> str:
    """A value of a result: amounts with grouped digits, sizes in bytes as such."""
    if not is_amount(name, value):
        return _readable(value)
    if BYTES.search(name):
        return str(filesizeformat(value))
    return number_text(value)


def _choice_labels(value: Any, field: Field | None) -> Any:
    """`value` as the labels of its choices; not those of a table, which may have a million rows."""
    if not isinstance(field, ChoiceField) or isinstance(field, ModelChoiceField):
        return value
    choices: Any = field.choices
    labels = {str(key): label for key, label in choices}
    if isinstance(value, list):
        return [labels.get(str(one), one) for one in value]
    return labels.get(str(value), value)


def _readable(value: Any) -> str:
    if value in EMPTY_VALUES:
        return "–"  # noqa: RUF001 (a dash for display)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(_readable(one) for one in value)
    if isinstance(value, str) and (at := _parse_time(value)):
        return times.exact_time(at)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parse_time(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
        return timezone.localtime(at) if at is not None and at.tzinfo else None
    except (ValueError, OverflowError):  # no such time, or none in the reader's zone
        return None
