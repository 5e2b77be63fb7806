"""The permission check of every job page.

Who may use a page or a bulk action is decided in one place: the has_..._permission methods of the
ModelAdmin. `guarded` asks them before a page, Django before a bulk action. What a user may do to
one job or with one job type is decided by the services.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.decorators.http import require_http_methods

View = Callable[..., Any]


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
        response = limited(request, *args, **kwargs)
        response.headers["X-Account"] = str(request.user.pk)
        return response

    return admin.site.admin_view(checked)
