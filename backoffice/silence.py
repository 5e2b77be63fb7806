"""Gives up on a PostgreSQL that took a question and says nothing: a query of libpq's own would wait for ever."""

import select
from typing import Any

from psycopg2 import OperationalError
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE, STATUS_BEGIN, STATUS_READY

# Longer than statement_timeout (15 s): before that it may be busy, after that it is not there.
SILENCE_SECONDS = 17
CONNECT_SECONDS = 3
EVENTS = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}


def wait(connection: Any) -> None:
    """Psycopg's wait callback: return once `connection` has its answer.

    Raises: OperationalError; the connection is closed then.
    """
    connected = connection.status in (STATUS_READY, STATUS_BEGIN)
    seconds = SILENCE_SECONDS if connected else CONNECT_SECONDS
    while (state := connection.poll()) != POLL_OK:
        poll = select.poll()
        poll.register(connection.fileno(), EVENTS[state])
        if not poll.poll(seconds * 1000):
            raise OperationalError(f"PostgreSQL said nothing for {seconds} seconds.")
