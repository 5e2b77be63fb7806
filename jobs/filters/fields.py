"""The kinds of filters and their form fields: one or several allowed values, ids, moments."""

import re
from collections.abc import Collection
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict

from jobs import parameters
from jobs.filters.search import split_search
from jobs.filters.word_search import id_range, with_one_of_ids

IDS_LIMIT = 100
# Filters that may be given several times, which means the same as commas.
REPEATED = ("status", "id")
# Django also reads ISO 8601's week dates and basic format; those are refused.
LOCAL_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
REFERENCE = re.compile(r"\w+\.\w+:.")
NO_ZONE = "Must be a date and time with a zone, such as 2026-11-22T09:30:00Z (a + is written %2B)."


def parse_uuid(text: str) -> UUID | None:
    """Parse `text` as a UUID, with or without hyphens; None if it is not a UUID."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


class CommaInput(forms.TextInput):
    """Reads a parameter that is given several times as one text with commas."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return ",".join(data.getlist(name)) if isinstance(data, MultiValueDict) else data.get(name)


class SomeOfField(forms.Field):
    """Several of the allowed values, with commas between them."""

    widget = CommaInput

    def __init__(self, *, allowed: Collection[str], **options: Any) -> None:
        super().__init__(**options)
        self.allowed = allowed

    def to_python(self, value: str | None) -> list[str]:
        found = value.split(",") if value else []
        if unknown := [one for one in found if one not in self.allowed]:
            raise ValidationError(f"{unknown[0]!r} is not one of: {', '.join(self.allowed)}.")
        return found


class OneOfField(forms.CharField):
    """One of the allowed values."""

    def __init__(self, *, allowed: Collection[str], **options: Any) -> None:
        super().__init__(**options)
        self.allowed = allowed

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and value not in self.allowed:
            raise ValidationError(f"{value!r} is not one of: {', '.join(self.allowed)}.")


class IdsField(forms.Field):
    """Several ids, or at least 8 characters with which ids begin, with commas between them."""

    widget = CommaInput

    def to_python(self, value: str | None) -> list[str]:
        found = value.split(",") if value else []
        if len(found) > IDS_LIMIT:
            raise ValidationError(f"At most {IDS_LIMIT} ids.")
        if not all(map(id_range, found)):
            raise ValidationError(
                "Must be UUIDs, or their first 8 characters or more, with commas."
            )
        return found


class WordsField(forms.CharField):
    """A text with at least one word to search for."""

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not any(character.isalnum() for character in value):
            raise ValidationError("Enter a word; marks such as dots are not searched.")


class SearchField(WordsField):
    """The words of a search. JobFilters has made its qualifiers filters, except unknown ones."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return split_search(text)[0] if ":" in text else text


class ReferenceField(forms.CharField):
    """An object of any model: `shop.order:17`. Whether it exists is not said."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not REFERENCE.match(value):
            raise ValidationError("Must be a model and a key, such as shop.order:17.")


class MomentField(forms.DateTimeField):
    """A date and time, returned in UTC.

    Without a zone it is in the current one, in the admin the reader's; with `needs_zone` it is
    refused, because callers of the API do not know the server's zone.
    """

    def __init__(self, *, needs_zone: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.needs_zone = needs_zone

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment; None for "".

        Raises: ValidationError.
        """
        if not value:
            return None
        text = str(value) if self.needs_zone else str(value).strip()
        if (exact := parameters.moment(text)) is not None:
            return exact
        if self.needs_zone:
            raise ValidationError(NO_ZONE)
        invalid = ValidationError(self.error_messages["invalid"], code="invalid")
        if not LOCAL_TIME.fullmatch(text):
            raise invalid
        try:
            # PostgreSQL refuses zones more than 16 hours off, which Python takes.
            local = super().to_python(text)
            return local and local.astimezone(UTC)
        except OverflowError:
            raise invalid from None


class FilterForm(forms.Form):
    """Refuses unknown and repeated filters.

    A filter with a typing error must not show, or act on, every job.
    """

    def clean(self) -> dict[str, Any]:
        if isinstance(self.data, MultiValueDict):
            for name, values in self.data.lists():
                if len(values) > 1 and name in self.fields and name not in REPEATED:
                    self.add_error(name, "This filter may be given once.")
        if unknown := sorted(set(self.data) - set(self.fields)):
            raise forms.ValidationError(f"Unknown filter: {', '.join(unknown)}.")
        return self.cleaned_data


class SomeOfFilter(django_filters.Filter):
    """Several of the allowed values."""

    field_class = SomeOfField


class OneOfFilter(django_filters.Filter):
    """One of the allowed values."""

    field_class = OneOfField


class IdsFilter(django_filters.Filter):
    """Several ids, or beginnings of ids."""

    field_class = IdsField

    def filter(self, jobs: Any, texts: Collection[str]) -> Any:
        return jobs.filter(with_one_of_ids(texts))


class WordsFilter(django_filters.Filter):
    """Words."""

    field_class = WordsField


class SearchFilter(django_filters.Filter):
    """The search."""

    field_class = SearchField


class ReferenceFilter(django_filters.Filter):
    """An object of any model."""

    field_class = ReferenceField


class CheckboxFilter(django_filters.Filter):
    """A condition that applies while its box is ticked."""

    field_class = forms.BooleanField


class MomentFilter(django_filters.Filter):
    """A date and time."""

    field_class = MomentField


@cache
def form_class(filters: type[django_filters.FilterSet]) -> type[FilterForm]:
    """Return the form of a FilterSet.

    It is made once: django-filter's copies of all filters and its new form class cost each request
    0.6 ms.
    """
    fields = {}
    for name, one in deepcopy(filters.base_filters).items():
        if isinstance(one, MomentFilter):
            one.extra["needs_zone"] = filters.needs_zone
        fields[name] = one.field
    return type(f"{filters.__name__}Form", (FilterForm,), fields)
