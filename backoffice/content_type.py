"""The header Content-Type: checked before Django reads it; Django ignores its charset."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
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


class Utf8Request(WSGIRequest):
    """A request whose query and form are UTF-8: the charset of its Content-Type is a file's.

    Django would read the query in that charset too: `?name=` beside a file in UTF-16. One of no
    texts (`charset=base64`) would end as a 500 of gunicorn.
    """

    @property
    def encoding(self) -> None:
        """None: the default charset of Django, UTF-8."""

    @encoding.setter
    def encoding(self, charset: str | None) -> None:
        """Ignore what the Content-Type says."""
