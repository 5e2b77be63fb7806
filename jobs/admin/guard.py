"""The one gate before every admin view of the application: staff, then a permission, then the methods it answers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.decorators.http import require_http_methods

View = Callable[..., Any]


def guarded(view: View, allowed: Callable[[Any], bool], *methods: str) -> View:
    """`view` for staff whom `allowed` lets in: others get the login page or 403, other methods 405.

    Each answer names its account, so that a page notices when another one has signed in.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not allowed(request.user):
            raise PermissionDenied
        response = require_http_methods(methods)(view)(request, *args, **kwargs)
        response.headers["X-Account"] = str(request.user.pk)
        return response

    return admin.site.admin_view(checked)
