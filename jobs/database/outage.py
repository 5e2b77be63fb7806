"""Logs outages of PostgreSQL: when one begins, when its reason changes and when it ends."""

import logging
import time

from django.db import Error

from jobs.database.schema import diagnose
from jobs.database.trouble import Trouble, trouble

REPEAT_AFTER_SECONDS = 60.0


class Outage:
    """An outage as one thread sees it; `consequence` ends its messages: "The agent waits"."""

    def __init__(self, logger: logging.Logger, consequence: str, *, using: str) -> None:
        self._logger = logger
        self._consequence = consequence
        self._using = using
        self._kind: Trouble | None = None
        self._since = 0.0
        self._logged_at = 0.0

    def record(self, error: Error) -> None:
        """Log the error, unless the same kind was logged within the last minute."""
        now, kind = time.monotonic(), trouble(error)
        if self._kind is None:
            self._since = now
        if kind is not self._kind or now - self._logged_at > REPEAT_AFTER_SECONDS:
            self._kind, self._logged_at = kind, now
            self._logger.warning("%s %s.", diagnose(error, self._using)[1], self._consequence)

    def end(self) -> None:
        """Log that PostgreSQL works again, if there was an outage."""
        if self._kind is not None:
            self._kind = None
            self._logger.warning(
                "PostgreSQL works again, after %.0f s.", time.monotonic() - self._since
            )
