"""Fields of a launch form that choose among many rows: an input that searches them.

A select of 50,000 rows is 2.4 MB of HTML. Here the input holds the key of a row. Scripts search by
the endpoint `launch/<type>/rows/<field>/`; without them people type the key or the exact name.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin_site import admin_site
from jobs.database import limited_time
from jobs.errors import TooSlow

SELECT_LIMIT = 100  # more rows are searched instead of listed
FOUND_LIMIT = 20
NAMESAKES_LIMIT = 50
NAMES_LIMIT = 50
SEARCH_TEXT_LIMIT = 200
ROWS_MILLISECONDS = 1_000
PROMPT = "No row has this key or exact name, or several have the name. Choose one of the list."

RowField = forms.ModelChoiceField | forms.ModelMultipleChoiceField


@dataclass(frozen=True)
class FoundRows:
    """The key and the label of each row found, and whether there are more."""

    rows: list[tuple[str, str]]
    has_more: bool


@dataclass(frozen=True)
class RowSearch:
    """The rows of a field that the user may see, by key and by text."""

    request: HttpRequest
    field: RowField

    @property
    def may_search(self) -> bool:
        """Whether the user may see the names of rows that the field has."""
        meta = self.field.queryset.model._meta
        return bool(self.request.user.has_perm(f"{meta.app_label}.view_{meta.model_name}"))

    def find(self, text: str, limit: int = FOUND_LIMIT) -> FoundRows:
        """Return the first rows that have each word of `text`.

        Raises: TooSlow.
        """
        text = text.replace("\0", "")[:SEARCH_TEXT_LIMIT].strip()
        rows = self._matching(text) if text else self.field.queryset
        if not rows.query.is_sliced and not rows.ordered:
            rows = rows.order_by("pk")
        with limited_time(ROWS_MILLISECONDS):
            found = list(rows[: limit + 1])
        return FoundRows([self._key_and_label(row) for row in found[:limit]], len(found) > limit)

    def labels(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the labels of those `keys` that belong to rows; none if the user may not search.

        Source: one query.
        """
        return dict(self._known(keys).values()) if self.may_search else {}

    def keys_of(self, texts: Sequence[str]) -> list[str]:
        """Return the key for each key or exact, unique name; other texts unchanged.

        Source: one query, and one for each of the first NAMES_LIMIT names.
        """
        known = self._known(texts)
        names = [text for text in texts if text not in known][:NAMES_LIMIT]
        by_name = self._keys_by_name(names) if self.may_search else {}
        return [known[text][0] if text in known else by_name.get(text, text) for text in texts]

    def _keys_by_name(self, names: Sequence[str]) -> dict[str, str]:
        """Return the key of each exact, unique name; a search that is too slow ends it."""
        found: dict[str, str] = {}
        for text in names:
            try:
                rows = self.find(text, NAMESAKES_LIMIT).rows
            except TooSlow:
                break
            exact = [key for key, label in rows if label.casefold() == text.casefold()]
            if len(exact) == 1:
                found[text] = exact[0]
        return found

    def _known(self, texts: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Return key and label of each of `texts` that is the key of a row."""
        meta = self.field.queryset.model._meta
        column = meta.get_field(self.field.to_field_name or meta.pk.name)
        keys = {}
        for text in texts:
            try:
                keys[text] = column.to_python(text)
            except (ValidationError, ValueError):
                continue
        wanted = [key for text, key in keys.items() if "\0" not in text]
        if not wanted:
            return {}
        rows = self.field.queryset.filter(**{f"{column.name}__in": wanted})
        found = dict(map(self._key_and_label, rows))
        return {
            text: (str(key), found[str(key)]) for text, key in keys.items() if str(key) in found
        }

    def _matching(self, text: str) -> "QuerySet[Any]":
        rows = self.field.queryset
        model_admin = admin_site()._registry.get(rows.model)
        if model_admin and model_admin.get_search_fields(self.request):
            rows, has_duplicates = model_admin.get_search_results(self.request, rows, text)
            return rows.distinct() if has_duplicates else rows
        columns = [one.name for one in rows.model._meta.fields if _is_searchable(one)]
        for word in text.split():
            conditions = [Q(**{f"{name}__icontains": word}) for name in columns]
            rows = rows.filter(reduce(or_, conditions)) if conditions else rows.none()
        return rows

    def _key_and_label(self, row: Any) -> tuple[str, str]:
        return str(self.field.prepare_value(row)), str(self.field.label_from_instance(row))


class RowInput(forms.TextInput):
    """An input for the key of a row, with its label beside it; rows.js makes it a search."""

    def __init__(self, search: RowSearch, address: str) -> None:
        super().__init__({"autocomplete": "off", "spellcheck": "false"})
        self.search = search
        if search.may_search:
            self.attrs["data-rows"] = address
        self._read: tuple[list[str], list[str]] = ([], [])

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = (data.get(name) or "").strip()
        return self.read([typed])[0] if typed else ""

    def read(self, texts: list[str]) -> list[str]:
        """Return the keys for what was typed; the form asks several times."""
        if self._read[0] != texts:
            self._read = (texts, self.search.keys_of(texts))
        return self._read[1]

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        keys = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
        labels = self.search.labels(keys) if value not in (None, "", []) else {}
        attrs = {**(attrs or {}), "data-labels": json.dumps(labels)}
        shown = super().render(name, value, attrs, renderer)
        names = ", ".join(labels.values())
        return format_html('{}<span class="row-labels">{}</span>', shown, names)


class RowsInput(RowInput):
    """The same for several rows, one a line."""

    input_type = None
    template_name = "django/forms/widgets/textarea.html"

    def __init__(self, search: RowSearch, address: str) -> None:
        super().__init__(search, address)
        self.attrs |= {"rows": 3, "data-many": ""}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        lines = (data.get(name) or "").splitlines()
        return self.read([line.strip() for line in lines if line.strip()])

    def format_value(self, value: Any) -> str:
        lines = value if isinstance(value, list | tuple) else [value] if value else []
        return "\n".join(map(str, lines))


def search_many_rows(request: HttpRequest, form: forms.Form, addresses: Any) -> None:
    """Give each field of more than SELECT_LIMIT rows an input that searches them.

    `addresses` returns the address of a field's search.
    """
    for name, field in form.fields.items():
        if not isinstance(field, forms.ModelChoiceField):
            continue
        if _are_many(field.queryset):
            is_multiple = isinstance(field, forms.ModelMultipleChoiceField)
            kind = RowsInput if is_multiple else RowInput
            field.widget = kind(RowSearch(request, field), addresses(name))
            field.error_messages["invalid_choice"] = PROMPT


def _are_many(rows: "QuerySet[Any]") -> bool:
    try:
        with limited_time(ROWS_MILLISECONDS):
            return len(rows.order_by().values_list("pk")[: SELECT_LIMIT + 1]) > SELECT_LIMIT
    except TooSlow:
        return True


def _is_searchable(column: Any) -> bool:
    return isinstance(column, models.CharField | models.TextField) and not column.choices
