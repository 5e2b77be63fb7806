"""The site under a path of a host that serves other sites too (PATH_PREFIX)."""

from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# Behind a proxy that removes the prefix, a second removal could not tell these apart.
FIRST_PARTS = ("admin", "api", "static", "livez", "readyz", "healthz", "metrics")


def under_prefix(application: Application, prefix: str) -> Application:
    """Return the application for requests whose path begins with the prefix, or lacks it.

    The proxy may remove the prefix or pass it on. Probes that do not come through it lack it too.
    """
    if not prefix:
        return application

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if f"{path}/".startswith(prefix):
            environ["PATH_INFO"] = path[len(prefix) - 1 :] or "/"
        return application(environ, start_response)

    return serve


def cookie_name(name: str, prefix: str) -> str:
    """Return the cookie's name, different from that of another site on the host."""
    return "_".join([name, *filter(None, prefix.split("/"))])
