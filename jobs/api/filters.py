"""The query parameters by which jobs are chosen: the same for the list, its count and the statistics."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.request import Request

from jobs import access, parameters
from jobs.api.http.error_entries import query_error
from jobs.api.http.requests import Faults
from jobs.filter_fields import Ids, OneOf, SomeOf
from jobs.models import ACTIVE, SETTLED, Job, JobQuerySet, Source, Status
from jobs.selection import launched_by, name_begins


class Moment(forms.Field):
    """A date and time with a zone: without one it would mean another moment on another server."""

    def to_python(self, value: str | None) -> datetime | None:
        if not value:
            return None
        moment = parameters.moment(value)
        if moment is None:
            raise ValidationError(
                "Must be a date and time with a zone, such as 2026-11-22T09:30:00Z (a + is written %2B)."
            )
        return moment


class OneOfFilter(django_filters.Filter):
    field_class = OneOf


class SomeOfFilter(django_filters.Filter):
    field_class = SomeOf


class IdsFilter(django_filters.Filter):
    field_class = Ids


class MomentFilter(django_filters.Filter):
    field_class = Moment


class JobFilter(django_filters.FilterSet):
    """Each filter has an index behind it; `..._after` includes its moment, `..._before` does not."""

    status = SomeOfFilter(lookup_expr="in", words=Status.values)
    active = OneOfFilter(method="filter_active", words=["true", "false"])
    type = django_filters.CharFilter(max_length=100)
    name = django_filters.CharFilter(method="filter_name", max_length=200, strip=False)
    created_by = django_filters.CharFilter(method="filter_created_by", max_length=150)
    source = OneOfFilter(words=Source.values)
    queue = django_filters.CharFilter(max_length=100)
    batch = django_filters.UUIDFilter("batch_id")
    rerun_of = django_filters.UUIDFilter(method="filter_rerun_of")
    error_code = django_filters.CharFilter(max_length=50)
    id = IdsFilter(lookup_expr="in")
    created_after = MomentFilter("created_at", lookup_expr="gte")
    created_before = MomentFilter("created_at", lookup_expr="lt")
    started_after = MomentFilter("started_at", lookup_expr="gte")
    started_before = MomentFilter("started_at", method="filter_before")
    finished_after = MomentFilter("finished_at", lookup_expr="gte")
    finished_before = MomentFilter("finished_at", method="filter_before")

    class Meta:
        model = Job
        fields: list[str] = []

    def filter_active(self, jobs: JobQuerySet, name: str, value: str) -> JobQuerySet:
        return jobs.active() if value == "true" else jobs.settled()

    def filter_name(self, jobs: JobQuerySet, name: str, value: str) -> QuerySet[Job]:
        return jobs.filter(name_begins(value))

    def filter_created_by(self, jobs: JobQuerySet, name: str, value: str) -> QuerySet[Job]:
        return jobs.filter(launched_by(value))

    def filter_rerun_of(self, jobs: JobQuerySet, name: str, value: UUID) -> QuerySet[Job]:
        # For this filter, too, a job that the caller may not see does not exist.
        seen = access.visible_jobs(self.request.user).filter(id=value).exists()
        return jobs.filter(rerun_of=value) if seen else jobs.none()

    def filter_before(self, jobs: JobQuerySet, name: str, value: datetime) -> QuerySet[Job]:
        # A job is made before it starts: so the index of created_at, which keeps the order, skips
        # what is newer.
        return jobs.filter(**{f"{name}__lt": value}, created_at__lt=value)


def statuses(request: Request) -> set[str]:
    """The statuses that a valid query leaves, by `status` and `active`."""
    named = {one for value in request.query_params.getlist("status") for one in value.split(",")}
    kinds: dict[str | None, Collection[str]] = {"true": ACTIVE, "false": SETTLED}
    return (named or set(Status.values)) & set(
        kinds.get(request.query_params.get("active"), Status.values)
    )


def filtered(jobs: JobQuerySet, request: Request, faults: Faults) -> QuerySet[Job] | None:
    """Return `jobs` narrowed by the query; None if it adds errors of values to `faults`."""
    given = {name: ",".join(values) for name, values in request.query_params.lists()}
    chosen = JobFilter(given, queryset=jobs, request=request)
    faults.add(
        query_error(name, str(message), "invalid")
        for name, messages in chosen.errors.items()
        for message in messages
    )
    return None if chosen.errors else chosen.qs
