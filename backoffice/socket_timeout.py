"""A time limit for answers of PostgreSQL: libpq itself would wait for ever for a silent server."""

import select
from typing import Any

from psycopg2 import OperationalError
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE, STATUS_BEGIN, STATUS_READY

# Longer than statement_timeout (15 s): until then the server may be busy; after that it is gone.
ANSWER_SECONDS = 17
CONNECT_SECONDS = 3
POLL_EVENTS = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}


def wait_for_answer(connection: Any) -> None:
    """Psycopg's wait callback: return once `connection` has its answer.

    Raises: OperationalError after the time limit; psycopg then closes the connection.
    """
    connected = connection.status in (STATUS_READY, STATUS_BEGIN)
    seconds = ANSWER_SECONDS if connected else CONNECT_SECONDS
    while (state := connection.poll()) != POLL_OK:
        poll = select.poll()
        poll.register(connection.fileno(), POLL_EVENTS[state])
        if not poll.poll(seconds * 1000):
            raise OperationalError(f"PostgreSQL did not answer within {seconds} seconds.")
