"""The query parameters by which jobs are chosen: the same for the list, its count and the statistics."""

from typing import Any

import django_filters
from django.http import QueryDict
from rest_framework.request import Request

from jobs.api.problems import Problem, query_error
from jobs.models import Job, JobQuerySet, Status


class StatusFilter(django_filters.BaseInFilter, django_filters.ChoiceFilter):
    """Several statuses, by commas or by repeating the parameter."""


class JobFilter(django_filters.FilterSet):
    """Each filter has an index behind it."""

    status = StatusFilter(choices=Status.choices)
    type = django_filters.CharFilter()
    name = django_filters.CharFilter(lookup_expr="startswith")

    class Meta:
        model = Job
        fields: list[str] = []


def filtered(jobs: JobQuerySet, request: Request, *, others: tuple[str, ...] = ()) -> Any:
    """`jobs` narrowed by the query; `others` are the parameters that belong to somebody else.

    Raises: Problem (400) naming the unknown parameter or the bad value.
    """
    query: QueryDict = request.query_params
    allowed = [*JobFilter.base_filters, *others]
    if unknown := [name for name in query if name not in allowed]:
        message = f"This parameter is not known; allowed: {', '.join(allowed)}."
        raise Problem(
            400,
            "invalid_query",
            "The query is not valid.",
            errors=[query_error(name, message, "unknown") for name in unknown],
        )
    chosen = JobFilter(_joined(query), queryset=jobs, request=request)
    if not chosen.is_valid():
        errors = [
            query_error(name, str(message), "invalid")
            for name, messages in chosen.errors.items()
            for message in messages
        ]
        raise Problem(400, "invalid_query", "The query is not valid.", errors=errors)
    return chosen.qs


def _joined(query: QueryDict) -> dict[str, str]:
    return {name: ",".join(query.getlist(name)) for name in query}
