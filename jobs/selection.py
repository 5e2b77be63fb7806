"""Which jobs are meant: the filters of the admin's list, by name, as its address and the bulk job types have them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.http import QueryDict
from django.utils.timezone import localtime

from jobs import parameters, registry
from jobs.filter_fields import REPEATED, Ids, OneOf, SomeOf
from jobs.models import ACTIVE, SETTLED, Job, JobQuerySet, Source, Status
from jobs.safe_text import spellings

# Of the shapes that Django reads, not the week dates and the basic format of ISO 8601.
LOCAL_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


def as_uuid(text: str) -> UUID | None:
    """Parse `text` as a UUID, with or without hyphens; None if it is not a UUID."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def name_begins(text: str) -> Q:
    """Jobs whose name begins with `text`, in either spelling of accents."""
    return reduce(or_, (Q(name__startswith=one) for one in sorted(spellings(text))))


def _types() -> list[tuple[str, str]]:
    return [("", "All types"), *((one.slug, one.label) for one in registry.all())]


class Moment(forms.DateTimeField):
    """A date and time in the server's zone unless it names another; in UTC, as PostgreSQL takes any of them."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def to_python(self, value: Any) -> datetime | None:
        """The moment, None for "".

        Raises: ValidationError.
        """
        if isinstance(value, str):
            if (exact := parameters.moment(value.strip())) is not None:
                return exact
            if value and not LOCAL_TIME.fullmatch(value.strip()):
                raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        moment = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class Selection(forms.Form):
    """The filters of the job list, named as those of the API.

    Each has an index behind it, but for `error_type`: links set it beside a type and an error code.
    """

    q = forms.CharField(required=False, max_length=200, label="Search", strip=True)
    status: forms.Field = forms.ChoiceField(required=False, choices=[("", "All"), *Status.choices])
    type: forms.Field = forms.ChoiceField(required=False, choices=_types)
    source = forms.ChoiceField(required=False, choices=[("", "All sources"), *Source.choices])
    mine = forms.BooleanField(required=False, label="Mine")
    error_code = forms.CharField(required=False, max_length=50, label="Error code")
    error_type = forms.CharField(required=False, max_length=200, label="Error")
    unseen = forms.BooleanField(required=False, label="Not acknowledged")
    created_by = forms.CharField(required=False, max_length=150, label="Requested by")
    queue = forms.CharField(required=False, max_length=100)
    batch = forms.UUIDField(required=False)
    created_after = Moment(required=False)
    created_before = Moment(required=False)
    finished_after = Moment(required=False, label="Ended since")

    # Links set these; the list names them, each with a way to drop it.
    HIDDEN = ("error_type", "unseen", "created_by", "queue", "batch", "finished_after")

    def clean(self) -> dict[str, Any]:
        """Refuse unknown parameters: a filter with a typing error must not show, or act on, every job."""
        unknown = set(self.data) - set(self.fields)
        if unknown:
            raise forms.ValidationError(f"Unknown filter: {', '.join(sorted(unknown))}.")
        return self.cleaned_data

    def narrow(self, jobs: JobQuerySet, user: Any) -> JobQuerySet:
        """`jobs` by every filter but those of the status, which callers choose; none if a filter is refused."""
        if not self.is_valid():
            return jobs.none()
        for name, condition in _CONDITIONS.items():
            if value := self.cleaned_data.get(name):
                jobs = jobs.filter(condition(value, user))
        return jobs

    def hidden(self) -> Iterator[tuple[str, str, str]]:
        """Name, value and words of each filter that is set and that no control shows."""
        for name in self.HIDDEN:
            value = self.cleaned_data.get(name)
            if value:
                label = str(self.fields[name].label or name.capitalize())
                yield (
                    name,
                    "on" if value is True else str(value),
                    label if value is True else f"{label}: {_words(value)}",
                )


class ListFilters(Selection):
    """The filters of the admin's list and those of the API's list, as the bulk job types take them."""

    status = SomeOf(required=False, words=Status.values)
    active = OneOf(required=False, words=["true", "false"])
    type = forms.CharField(required=False, max_length=100)
    name = forms.CharField(required=False, max_length=200, strip=False)
    rerun_of = forms.UUIDField(required=False)
    id = Ids(required=False)
    started_after = Moment(required=False)
    started_before = Moment(required=False)
    finished_before = Moment(required=False)

    @classmethod
    def parse(cls, query: str) -> dict[str, str]:
        """The filters in a query string, by name.

        Raises: ValidationError if a filter is repeated that may not be.
        """
        found = dict(QueryDict(query).lists())
        if repeated := [
            name for name, values in found.items() if len(values) > 1 and name not in REPEATED
        ]:
            raise forms.ValidationError(f"{', '.join(repeated)}: may be given once.")
        return {name: ",".join(values) for name, values in found.items()}

    def statuses(self) -> frozenset[str]:
        """The statuses that the valid filters `status` and `active` leave."""
        kinds = {"true": ACTIVE, "false": SETTLED, "": Status.values}
        active = self.cleaned_data["active"]
        return frozenset(self.cleaned_data["status"] or Status.values) & frozenset(kinds[active])


def launched_by(name: str) -> Q:
    """The condition for jobs of the account `name`, and for jobs without an account that show this name.

    Jobs of the account are found by its id, the only column with an index for each status. Without
    an account of that name the jobs that show it are of a renamed or deleted account, or of a
    command.
    """
    name = get_user_model().normalize_username(name)  # as accounts are stored
    # Asked for first: of a sub-select PostgreSQL cannot know whether it names many jobs or few.
    account = get_user_model().objects.filter(username=name).values_list("pk", flat=True).first()
    if account is None:
        return Q(created_by_name=name)
    without_account = Q(created_by=None, created_by_name=name)
    if not name or not Job.objects.filter(without_account).exists():
        return Q(created_by=account)
    return Q(created_by=account) | without_account


def _launched_after(job_id: UUID, user: Any) -> Q:
    """The condition for jobs launched again from `job_id`, if `user` may see that job."""
    if user is None or user.has_perm("jobs.view_job"):
        return Q(rerun_of=job_id)
    return Q(rerun_of=job_id, rerun_of__created_by=user)


def _words(value: Any) -> str:
    return f"{localtime(value):%Y-%m-%d %H:%M %Z}" if isinstance(value, datetime) else str(value)


_CONDITIONS: dict[str, Any] = {
    "q": lambda text, user: name_begins(text) | Q(error_code=text),
    "type": lambda slug, user: Q(type=slug),
    "source": lambda source, user: Q(source=source),
    "mine": lambda yes, user: Q(created_by=user),
    "created_by": lambda name, user: launched_by(name),
    "error_code": lambda code, user: Q(status=Status.FAILED, error_code=code),
    "error_type": lambda name, user: Q(status=Status.FAILED, error_type=name),
    "unseen": lambda yes, user: Q(status=Status.FAILED, acknowledged_at=None),
    "queue": lambda queue, user: Q(queue=queue),
    "batch": lambda batch, user: Q(batch_id=batch),
    "created_after": lambda at, user: Q(created_at__gte=at),
    "created_before": lambda at, user: Q(created_at__lt=at),
    "finished_after": lambda at, user: Q(finished_at__gte=at),
    "name": lambda text, user: name_begins(text),
    "rerun_of": lambda job_id, user: _launched_after(job_id, user),
    "id": lambda ids, user: Q(id__in=ids),
    # A job is created before it starts, so the index of created_at skips what is newer.
    "started_after": lambda at, user: Q(started_at__gte=at),
    "started_before": lambda at, user: Q(started_at__lt=at, created_at__lt=at),
    "finished_before": lambda at, user: Q(finished_at__lt=at, created_at__lt=at),
}
