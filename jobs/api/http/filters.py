"""Reads the filters and the order of jobs in the query of a request."""

from django.core.exceptions import ValidationError
from rest_framework.request import Request

from jobs.api.http.error_entries import query_error
from jobs.api.http.requests import Faults, invalid_parameter
from jobs.filters import JobFilters, chosen_order
from jobs.models import JobQuerySet


class ApiFilters(JobFilters):
    """The filters of the API: moments need a zone, because callers do not know the server's.

    The checkboxes, links and periods of the admin's list are left out.
    """

    mine = unseen = error_type = created = ended = None
    needs_zone = True


def read_filters(request: Request, jobs: JobQuerySet, faults: Faults) -> ApiFilters:
    """Return the filters of `jobs` in the query; errors of their values are added to `faults`."""
    given = {
        name: ",".join(values)
        for name, values in request.query_params.lists()
        if name in ApiFilters.base_filters
    }
    filters = ApiFilters(given, jobs, user=request.user)
    faults.add(
        query_error(name, str(message), "invalid")
        for name, messages in filters.errors.items()
        for message in messages
    )
    return filters


def read_order(request: Request, filters: ApiFilters) -> tuple[str, ...]:
    """Return the columns to order by, the last one unique.

    Raises: Problem (400).
    """
    query = request.query_params
    try:
        return chosen_order(query.get("ordering"), filters.statuses)
    except ValidationError as error:
        raise invalid_parameter("ordering", error.message) from None
