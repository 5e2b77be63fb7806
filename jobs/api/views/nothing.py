"""Every address under the API's that is none: a problem, not a page."""

from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.views import APIView


class NothingHere(APIView):
    """404 to whoever is signed in, whatever the method; 401 to others, who learn nothing of what exists."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
