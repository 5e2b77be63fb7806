"""The header Content-Type, checked before Django reads it."""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

from backoffice.path_prefix import Application


def with_readable_type(application: Application) -> Application:
    """Return the application; it gets a Content-Type without parameters if those are malformed.

    Django reads them before any middleware, and an unknown charset (`name*=unknown''value`) would
    end as a 500 of gunicorn.
    """

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        kind = environ.get("CONTENT_TYPE", "")
        if "*" in kind:  # RFC 2231; all others can be read
            try:
                parse_header_parameters(kind)
            except ValueError:
                environ["CONTENT_TYPE"] = kind.partition(";")[0]
        return application(environ, start_response)

    return serve
