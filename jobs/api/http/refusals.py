"""Counts refused requests for each API token, without a query in any request.

The counts stay in the process until a thread writes all of them in one statement, at most every
five seconds. A process that is killed loses those of the last five seconds.
"""

import logging
import threading
import time
from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from django.db import Error, connection, transaction
from django.utils import timezone

from jobs.database import explain
from jobs.models import ApiToken

WRITE_SECONDS = 5.0
KEPT_FOR = timedelta(days=30)
# Tokens times reasons in one process. Beyond it refusals are not counted.
PENDING_LIMIT = 10_000

logger = logging.getLogger(__name__)

# Sorted, so that two processes lock the rows in the same order. A token that was revoked since is
# left out.
ADD = """
INSERT INTO jobs_tokenrefusal (token_id, day, reason, count)
SELECT token.public_id, %s, new.reason, new.count
FROM unnest(%s::uuid[], %s::text[], %s::int[]) AS new (token_id, reason, count)
    JOIN jobs_apitoken AS token ON token.public_id = new.token_id
ORDER BY token.public_id, new.reason
ON CONFLICT (token_id, day, reason) DO UPDATE SET count = jobs_tokenrefusal.count + excluded.count
"""
FORGET = "DELETE FROM jobs_tokenrefusal WHERE token_id = ANY(%s::uuid[]) AND day < %s"


class RefusalCounter:
    """The refusals of this process that are not written yet, and the thread that writes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[UUID, str]] = Counter()
        self._is_running = False

    def add(self, token_id: UUID, reason: str) -> None:
        """Count one refusal, and start the thread unless it runs."""
        with self._lock:
            if len(self._counts) >= PENDING_LIMIT:
                return
            self._counts[token_id, reason] += 1
            if self._is_running:
                return
            self._is_running = True
        threading.Thread(target=self._write_until_done, name="refusals", daemon=True).start()

    def write(self) -> bool:
        """Write what was counted; False if there was nothing. Errors are logged."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            self._is_running = bool(counts)
        if counts:
            try:
                _write(counts, timezone.localdate())
            except Error as error:
                logger.warning("%s refusals are not counted: %s", counts.total(), explain(error))
        return bool(counts)

    def _write_until_done(self) -> None:
        try:
            has_more = True
            while has_more:
                time.sleep(WRITE_SECONDS)
                has_more = self.write()
                connection.close()
        except BaseException:
            with self._lock:
                self._is_running = False  # the next refusal starts another thread
            raise


def _write(counts: Counter[tuple[UUID, str]], today: date) -> None:
    tokens, reasons = zip(*counts, strict=True)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ADD, [today, list(tokens), list(reasons), list(counts.values())])
        cursor.execute(FORGET, [list(tokens), today - KEPT_FOR])


counter = RefusalCounter()


def count(token: ApiToken, reason: str) -> None:
    """Count a request with this token that was refused for `reason`."""
    counter.add(token.public_id, reason)
