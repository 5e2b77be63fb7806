"""A worker's own connection, and its writes, which are repeated while PostgreSQL is away.

Only the worker's process knows the outcome of its job, so it must not lose it.
"""

import logging
import os
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import Error, connections

from jobs.database.outage import Outage
from jobs.database.trouble import is_bug

logger = logging.getLogger(__name__)

WAIT_SECONDS = 600
RETRY_AFTER_SECONDS = 1.0

Written = TypeVar("Written")


def retry_while_away(write: Callable[[], Written], *, using: str) -> Written:
    """Return what `write` returns, retrying for 10 minutes; after that, end this process.

    It retries after every error but a bug: a server that is away or read-only, a lock, a missing
    migration. `write` must be idempotent: it may have been committed before its answer was lost.

    Raises: django.db.Error for a bug: a statement that PostgreSQL will never accept.
    """
    give_up_at = time.monotonic() + WAIT_SECONDS
    outage = Outage(logger, "The job waits", using=using)
    while True:
        try:
            written = write()
        except Error as error:
            connections[using].close()
            if is_bug(error):
                raise
            outage.record(error)
            if time.monotonic() > give_up_at:
                logger.critical(
                    "PostgreSQL stayed away; this process ends itself, upkeep rescues its job"
                )
                os._exit(1)
            time.sleep(RETRY_AFTER_SECONDS)
        else:
            outage.end()
            return written
