"""Links that ask for an action on all jobs that match filters, from outside of the list."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from jobs import database
from jobs.admin.job_list.confirmation import confirmation_page
from jobs.admin.job_list.filters import ListFilters, filter_query
from jobs.admin_site import admin_url
from jobs.services import ACTIONS, Action, Targets


def confirm_routes(model_admin: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the route of each action: address, name, view, permission and method."""
    for action in ACTIONS:
        has_permission = getattr(model_admin, f"has_{action.name}_permission")
        name = f"confirm_{action.name}"
        yield f"confirm/{action.name}/", name, _view_of(action), has_permission, "GET"


def _view_of(action: Action) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view that asks whether to do `action` to all jobs that the address matches.

    It changes nothing. Its form is that of the list, with the same filters. Without a filter it
    leads to the list.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        filters = filter_query(request)
        if not ListFilters(filters, user=request.user).given:
            return HttpResponseRedirect(admin_url("jobs_job_changelist"))
        now = database.now(DEFAULT_DB_ALIAS)
        targets = Targets(user=request.user, action=action, filters=filters, as_of=now)
        return confirmation_page(request, targets)

    return respond
