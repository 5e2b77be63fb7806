"""Whether Redis answers, for the header of every page; asked in a thread, so no page waits."""

import threading
import time

from jobs.engine.broker import queue_depth
from jobs.errors import BrokerUnavailable

ASK_EVERY_SECONDS = 5.0
ASKED_QUEUE = "default"


class BrokerWatch:
    """The last answer of Redis, one for each process.

    A question ends within the socket timeouts, 1 s each, or at once while the breaker is open. A
    process that shows no page asks nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ask_at = 0.0
        self._is_down = False

    def look(self) -> bool:
        """Start the next question if it is due; return whether the last one had no answer."""
        with self._lock:
            now = time.monotonic()
            is_due = now >= self._ask_at
            if is_due:
                self._ask_at = now + ASK_EVERY_SECONDS
        if is_due:
            threading.Thread(target=self._ask, name="broker watch", daemon=True).start()
        return self._is_down

    def _ask(self) -> None:
        try:
            queue_depth(ASKED_QUEUE)
        except BrokerUnavailable:
            self._is_down = True
        else:
            self._is_down = False


broker_watch = BrokerWatch()
