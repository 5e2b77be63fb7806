"""Limits the web threads that wait for something slow: a job's change or a reading client."""

import threading
from collections.abc import Callable

from django.conf import settings


class HeldThreads:
    """Counts held threads; a quarter of all, and at least one, stays free for other requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        # Set once the process is to end: what only waits answers at once.
        self.stopping = threading.Event()

    def hold(self) -> Callable[[], None] | None:
        """Count the current thread as held; return its release, or None if too many are held."""
        with self._lock:
            if self._count >= settings.WEB_THREADS - max(1, settings.WEB_THREADS // 4):
                return None
            self._count += 1
        return _Once(self._release)

    def _release(self) -> None:
        with self._lock:
            self._count -= 1


class _Once:
    """Calls a function on the first call only."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def __call__(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call()


held_threads = HeldThreads()
