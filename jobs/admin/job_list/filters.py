"""The filters in the address of the job list, and the chips that drop those without a control."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import django_filters
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR
from django.http import HttpRequest, QueryDict
from django.utils.timezone import localtime

from jobs import registry
from jobs.filters import JobFilters, parse_uuid
from jobs.models import Source, Status
from jobs.safe_text import isolated

# The parameters that Django adds to the address of a list.
NOT_FILTERS = (PAGE_VAR, ERROR_FLAG, "_changelist_filters", "_popup", "_to_field")
CONTROLS = ("q", "type", "source", "mine", "error_code", "created_after", "created_before")
VALUES = {"true": "yes", "false": "no"}


def _types() -> list[tuple[str, str]]:
    return [(one.slug, one.label) for one in registry.all()]


class ListFilters(JobFilters):
    """The filters of the job list: type and source are choices, because controls show them."""

    type = django_filters.ChoiceFilter(choices=_types, empty_label="All types")
    source = django_filters.ChoiceFilter(choices=Source.choices, empty_label="All sources")

    @property
    def tab(self) -> str | None:
        """The status of the tab that has the jobs: "" is the tab All; None if no tab has them."""
        if len(self.statuses) == len(Status):
            return ""
        return self.statuses[0] if len(self.statuses) == 1 else None

    def hidden(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of each filter that is set and that no control shows."""
        for name in self.cleaned:
            if name in self.given and name not in CONTROLS:
                yield name, ",".join(self.data.getlist(name))

    def chips(self) -> Iterator[tuple[str, str]]:
        """Yield name and label of each filter that neither a control nor a tab shows."""
        for name, _ in self.hidden():
            value = self.cleaned[name]
            if name != "status" or value != [self.tab]:
                yield name, self._label(name, value)

    def _label(self, name: str, value: Any) -> str:
        label = str(self.filters[name].label)
        if name == "token":
            value = self._token_name(value)
        return label if value is True else f"{label}: {_display(value)}"

    def _token_name(self, text: str) -> str:
        """The name of the token of an id, from its newest visible job; else what was given."""
        token_id = parse_uuid(text)
        jobs = self.queryset.filter(token_id=token_id) if token_id else self.queryset.none()
        names = jobs.order_by("-id").values_list("token_name", flat=True)
        return isolated(names.first() or text)


def filter_query(request: HttpRequest) -> QueryDict:
    """Return the filters in the address of the list."""
    query = request.GET.copy()
    for name in NOT_FILTERS:
        query.pop(name, None)
    return query


def _display(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{localtime(value):%Y-%m-%d %H:%M %Z}"
    if isinstance(value, list):
        first = ", ".join(map(str, value[:5]))
        return first if len(value) <= 5 else f"{first} and {len(value) - 5} more"
    return VALUES.get(value, str(value))
