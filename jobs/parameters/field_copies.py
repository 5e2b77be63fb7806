"""Copies of a form's fields: what Django's deepcopy makes, in about a third of the time.

A form copies the fields of its class, because it may change them: each validation of a batch does.
docs/decisions.md has the figures.
"""

import copy
from functools import cache
from typing import Any

from django import forms
from django.forms.widgets import ChoiceWidget
from django.utils.choices import CallableChoiceIterator

FIELD_COPIES = (forms.Field.__deepcopy__, forms.ChoiceField.__deepcopy__)
WIDGET_COPIES = (forms.Widget.__deepcopy__, ChoiceWidget.__deepcopy__)
COPYING = ("__copy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__slots__")


class CopiedFields(dict[str, forms.Field]):
    """The fields of a form class, which `Form.__init__` copies by `deepcopy`."""

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, forms.Field]:
        return {name: _copied_field(field, memo) for name, field in self.items()}


def _copied_field(field: Any, memo: dict[int, Any]) -> forms.Field:
    if type(field).__deepcopy__ not in FIELD_COPIES or not _is_plain(field):
        copied: forms.Field = copy.deepcopy(field, memo)
        return copied
    made = _shallow(field)
    made.widget = _copied_widget(field.widget, memo)
    made.error_messages = field.error_messages.copy()
    made.validators = field.validators[:]
    if "_choices" in made.__dict__:
        made._choices = _copied_choices(field._choices, memo)
    return made


def _copied_widget(widget: Any, memo: dict[int, Any]) -> forms.Widget:
    if type(widget).__deepcopy__ not in WIDGET_COPIES or not _is_plain(widget):
        copied: forms.Widget = copy.deepcopy(widget, memo)
        return copied
    made = _shallow(widget)
    made.attrs = widget.attrs.copy()
    if "_choices" in made.__dict__:  # without their property, which normalizes them again
        made._choices = copy.copy(widget._choices)
    return made


def _copied_choices(choices: Any, memo: dict[int, Any]) -> Any:
    """Copy the list of choices; its pairs of texts cannot change."""
    if type(choices) is CallableChoiceIterator:
        return CallableChoiceIterator(choices.func)
    if type(choices) is list and all(map(_is_pair_of_texts, choices)):
        return [*choices]
    return copy.deepcopy(choices, memo)


def _is_pair_of_texts(choice: Any) -> bool:
    return type(choice) is tuple and all(type(one) is str for one in choice)


def _shallow(one: Any) -> Any:
    made = object.__new__(type(one))
    made.__dict__.update(one.__dict__)
    return made


def _is_plain(one: Any) -> bool:
    """Return whether copy.copy copies the attributes of `one`, and nothing else."""
    return _is_copied_plainly(type(one))  # type: ignore[arg-type]  # a class is hashable


@cache
def _is_copied_plainly(kind: Any) -> bool:
    own = [found for found in kind.__mro__ if found is not object]
    return not any(name in vars(found) for found in own for name in COPYING)
