"""How often one caller may ask, in this process."""

import threading
import time
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

CALLERS_LIMIT = 10_000


class CallerThrottle(BaseThrottle):
    """A bucket for each caller that holds a minute's requests and fills evenly.

    In process memory, so each web process counts for itself: a store that all share would be one
    more thing whose silence holds up every request.
    """

    lock = threading.Lock()
    buckets: dict[Any, tuple[float, float]] = {}  # caller: requests left, and when that was so

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the caller has a request left; takes it."""
        per_minute = settings.API_REQUESTS_PER_MINUTE
        now = time.monotonic()
        with self.lock:
            left, at = self.buckets.get(request.user.pk, (per_minute, now))
            left = min(per_minute, left + (now - at) * per_minute / 60)
            if len(self.buckets) >= CALLERS_LIMIT:
                self.buckets.clear()  # generous once, instead of growing for ever
            self.buckets[request.user.pk] = (max(left - 1, 0) if left >= 1 else left, now)
        self.missing = max(0.0, 1 - left)
        return left >= 1

    def wait(self) -> float:
        """The seconds until the next request is free."""
        return self.missing * 60 / settings.API_REQUESTS_PER_MINUTE
