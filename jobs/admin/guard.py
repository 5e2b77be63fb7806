"""The permission check of every job page.

Who may use a page or a bulk action is decided in one place: the has_..._permission methods of the
ModelAdmin. `guarded` asks them before a page, Django before a bulk action. What a user may do to
one job or with one job type is decided by the services.
"""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.http import require_http_methods

from jobs.admin.pages import admin_page
from jobs.admin_site import admin_site
from jobs.errors import DownloadRefused, StorageUnavailable

View = Callable[..., Any]

logger = logging.getLogger(__name__)


class MissingRight(PermissionDenied):
    """The user lacks the permission `right`, such as "jobs.add_job"."""

    def __init__(self, right: str) -> None:
        super().__init__()
        self.right = right


def guarded(view: View, has_permission: Callable[[HttpRequest], bool], *methods: str) -> View:
    """Return `view` for staff with a permission, limited to some HTTP methods.

    Visitors who are not staff get the login page, others without the permission 403, other methods
    405. The header X-Account of each response names the account, so that scripts on the page notice
    when another account has signed in.
    """
    limited = require_http_methods(methods)(view)

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not has_permission(request):
            raise PermissionDenied
        request.current_app = admin_site().name  # for the addresses in templates
        try:
            response = limited(request, *args, **kwargs)
        except (DownloadRefused, StorageUnavailable) as error:
            response = _not_sent(request, error)
        response.headers["X-Account"] = str(request.user.pk)
        return response

    return admin_site().admin_view(checked)


def in_autocommit(routes: list[URLPattern]) -> list[URLPattern]:
    """Return the routes, with views that run outside of the transaction of ATOMIC_REQUESTS.

    Inside it the time limit of one count would hold for all later statements, and a launch would
    not learn that Redis is away.
    """
    for route in routes:
        transaction.non_atomic_requests(route.callback)
    return routes


def _not_sent(request: HttpRequest, error: DownloadRefused | StorageUnavailable) -> HttpResponse:
    """Return 412, 416 or 503 for a file that is not sent, with the headers that belong to it."""
    headers: dict[str, str] = {}
    if isinstance(error, DownloadRefused):
        headers |= error.headers
    else:
        logger.warning(error.diagnosis)
        headers["Retry-After"] = str(error.retry_after_seconds)
    context = {
        "title": HTTPStatus(error.status).phrase,
        "detail": str(error),
        "request_id": request.headers.get("X-Request-ID", ""),
    }
    response = admin_page(request, "frame/error", context)
    response.status_code = error.status
    for name, value in headers.items():
        response.headers[name] = value
    return response
