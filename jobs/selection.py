"""Which jobs are meant: the filters of the admin's list, by name, as its address and the bulk job types have them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.timezone import localtime

from jobs import registry
from jobs.models import Job, JobQuerySet, Source, Status
from jobs.text import spellings


def as_uuid(text: str) -> UUID | None:
    """The id that `text` is, with or without hyphens; None if it is none."""
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def name_begins(text: str) -> Q:
    """Jobs whose name begins with `text`, whichever way either spells its accents."""
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
    status = forms.ChoiceField(required=False, choices=[("", "All"), *Status.choices])
    type = forms.ChoiceField(required=False, choices=_types)
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
        """Refuse parameters that are none: a filter with a typing error must not show, or act on, every job."""
        unknown = set(self.data) - set(self.fields)
        if unknown:
            raise forms.ValidationError(f"Unknown filter: {', '.join(sorted(unknown))}.")
        return self.cleaned_data

    def narrow(self, jobs: JobQuerySet, user: Any) -> JobQuerySet:
        """`jobs` by every filter but the status, which the tabs choose; none if a filter is refused."""
        if not self.is_valid():
            return jobs.none()
        given = {name: value for name, value in self.cleaned_data.items() if value and name != "status"}
        for name, value in given.items():
            jobs = jobs.filter(_CONDITIONS[name](value, user))
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


def launched_by(name: str) -> Q:
    """The condition for jobs of the account `name`, and for jobs without an account that show this name.

    Jobs of the account are found by its id, the only column with an index for each status. Without an account of that
    name the jobs that show it are of a renamed or deleted account, or of a command.
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
}
