"""Unknown paths of the API: a problem instead of an HTML page or a redirect, which loses a body."""

from typing import Any

from django.urls import resolve, reverse
from rest_framework.request import Request

from jobs.api.http.problems import Problem
from jobs.api.http.requests import ApiView


class UnknownPathView(ApiView):
    """Catch-all for unknown API paths: 404 for any method.

    Callers without a token get 401 and do not learn which paths exist.
    """

    @property
    def default_response_headers(self) -> dict[str, str]:
        """No Allow header, as there is nothing here."""
        return {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if _exists(f"{request.path_info}/"):
            detail = f"This address ends with a slash: {request.path}/. Nothing was done."
            raise Problem(404, "missing_slash", detail)
        detail = f"There is no such address. GET {reverse('jobs_api:schema')} lists them all."
        raise Problem(404, "not_found", detail)


def _exists(path: str) -> bool:
    return getattr(resolve(path).func, "cls", None) is not UnknownPathView
