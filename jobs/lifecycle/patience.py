"""What a worker's process does while PostgreSQL is away: it waits, for its attempt is the only witness."""

import logging
import os
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

logger = logging.getLogger(__name__)

AWAY = (OperationalError, InterfaceError)
WAIT_SECONDS = 600
RETRY_AFTER_SECONDS = 1.0

Written = TypeVar("Written")


def patiently(write: Callable[[], Written], *, using: str) -> Written:
    """What `write` returns, however long PostgreSQL is away: 10 minutes, then this process ends itself.

    The write may have been committed before its answer got lost, so it must bear being repeated.
    """
    give_up_at = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return write()
        except AWAY as error:
            connections[using].close()
            if time.monotonic() > give_up_at:
                logger.critical("PostgreSQL stayed away; this process ends itself, upkeep rescues its job")
                os._exit(1)
            logger.warning("PostgreSQL is away, the job waits for it: %s", error)
            time.sleep(RETRY_AFTER_SECONDS)
