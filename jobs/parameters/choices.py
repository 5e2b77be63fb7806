"""The choices of a form's field as JSON has them, and the sentence for a value that is not one."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django import forms
from django.forms.models import ModelChoiceField

NAMED_LIMIT = 20
DJANGO_ENDS = "is not one of the available choices."


def choices_of(field: forms.Field) -> list[str]:
    """Return the field's choices, also those in groups; none for rows, which may be millions."""
    return [*_each_choice(field)]


def _each_choice(field: forms.Field) -> Iterator[str]:
    if isinstance(field, ModelChoiceField) or not isinstance(field, forms.ChoiceField):
        return
    choices: Any = field.choices
    yield from (str(value) for value in _flat(choices) if value != "")


def _flat(choices: Iterable[Any]) -> Iterable[Any]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield value


def with_choices(message: str, field: forms.Field) -> str:
    """Return Django's sentence for a wrong choice with the right ones, if they are few.

    A sentence of the form's own stays as it is.
    """
    if not message.endswith(DJANGO_ENDS):
        return message
    choices = [*islice(_each_choice(field), NAMED_LIMIT + 1)]
    if not 0 < len(choices) <= NAMED_LIMIT:
        return message
    return f"{message.removesuffix('.')}: {', '.join(choices)}."
