"""The reader's time zone, which zone.js keeps in a cookie."""

from collections.abc import Callable
from functools import cache
from zoneinfo import available_timezones

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

ZONE_COOKIE = "zone"

zone_names = cache(available_timezones)


def use_browser_zone(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Read and show times in the admin in the zone of the browser; without a cookie, the server's.

    The API is left out: its times have a zone.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(ZONE_COOKIE, "")
        if not request.path_info.startswith(reverse("admin:index")) or name not in zone_names():
            return get_response(request)
        with timezone.override(name):
            return get_response(request)

    return middleware
