"""The filters in the address of the job list: the controls of its form, and its chips."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, QueryDict
from django.utils.timezone import localtime

from jobs import about
from jobs.admin.job_list.controls import CHOICES, Control
from jobs.filters import NEWEST_ID, SEARCH, JobFilters, parse_uuid, search_expanded
from jobs.models import Status
from jobs.safe_text import isolated

# The tab of the failures to review, and its filters.
REVIEW = "review"
REVIEW_FILTERS = {"status": Status.FAILED.value, "unseen": "on"}
# The parameters that Django adds to the address of a list.
NOT_FILTERS = (PAGE_VAR, ERROR_FLAG, "_changelist_filters", "_popup", "_to_field")


class ListFilters(JobFilters):
    """The filters of the job list."""

    @property
    def tab(self) -> str | None:
        """The tab that has the jobs: a status, REVIEW, or "" for all; None if no tab has them."""
        if "unseen" in self.given and Status.FAILED in self.statuses:
            return REVIEW
        if len(self.statuses) == len(Status):
            return ""
        return self.statuses[0] if len(self.statuses) == 1 else None

    def without(self, name: str) -> "ListFilters":
        """Return the filters without one of them."""
        query = self.data.copy()
        del query[name]
        return type(self)(query, self.queryset, user=self.user)

    def controls(self) -> dict[str, Control]:
        """Return the control of each filter, by name, filled in as the reader typed it."""
        return {name: self._control(name) for name in self.filters}

    def _control(self, name: str) -> Control:
        value = self.cleaned.get(name)
        typed = ",".join(self.data.getlist(name))
        if isinstance(value, datetime):
            # The browser's input takes no zone.
            typed = f"{localtime(value):%Y-%m-%dT%H:%M:%S}"
        return Control(
            name=name,
            label=str(self.filters[name].label),
            text=typed,
            errors=tuple(map(str, self.errors.get(name, ()))),
        )

    def shown(self) -> Iterator[tuple[str, str]]:
        """Yield name and label of each filter that neither the search nor a tab shows."""
        for name in self.cleaned:
            if name in self.given and name != SEARCH and not self._is_tab(name):
                yield name, self.chip_label(name)

    def _is_tab(self, name: str) -> bool:
        if self.tab == REVIEW:
            return name == "unseen" or (name == "status" and self.cleaned[name] == [Status.FAILED])
        return name == "status" and self.cleaned[name] == [self.tab]

    def chip_label(self, name: str) -> str:
        """Return what a chip says of a valid filter, such as "Queue: slow"."""
        value, label = self.cleaned[name], str(self.filters[name].label)
        if name == "token":
            value = self._token_name(value)
        if name == "about":
            value = self._object_name(value)
        return label if value is True else f"{label}: {_display(name, value)}"

    def _token_name(self, text: str) -> str:
        """The name of the token of an id, from its newest visible job; else what was given."""
        if parse_uuid(text) is None:
            return isolated(text)
        newest = self._tokens.first(self.queryset, (NEWEST_ID,), 1)
        return isolated(newest.values_list("token_name", flat=True).first() or text)

    def _object_name(self, text: str) -> str:
        """The name of the object, from its newest visible job; else the reference as given."""
        job = self.filter_about(self.queryset, "about", text).order_by("-id").first()
        subject = about.subjects_of(self.user, [job]).get(job.pk) if job else None
        return subject.name if subject and subject.name else isolated(text)

    def faults(self) -> Iterator[str]:
        """Yield what is wrong, one sentence for each filter, which is called as on the page."""
        for name, messages in self.errors.items():
            text = " ".join(map(str, messages))
            one = self.filters.get(name)
            yield text if name == NON_FIELD_ERRORS or one is None else f"{one.label}: {text}"


def filter_query(request: HttpRequest) -> QueryDict:
    """Return the filters in the address of the list."""
    query = request.GET.copy()
    for name in NOT_FILTERS:
        query.pop(name, None)
    return query


def address_with_filters(request: HttpRequest) -> str | None:
    """Return the list's address with the filters in its search as filters; None if it has none.

    They replace those in the address: who types `status:failed` on another tab means only that.
    """
    given = filter_query(request)
    expanded = search_expanded(given, request.user, replaces=True)
    if expanded is given:
        return None
    query = QueryDict(mutable=True)
    for name, values in expanded.lists():
        query.setlist(name, values)
    return f"{request.path}?{query.urlencode()}"


def _display(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return f"{localtime(value):%Y-%m-%d %H:%M}"
    values = value if isinstance(value, list) else [value]
    labels = dict(CHOICES[name]()) if name in CHOICES else {}
    texts = [str(labels.get(one, one)) for one in values]
    first = ", ".join(texts[:5])
    return first if len(texts) <= 5 else f"{first} and {len(texts) - 5} more"
