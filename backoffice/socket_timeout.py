"""A time limit for answers of PostgreSQL: libpq itself would wait for ever for a silent server."""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from psycopg2 import OperationalError
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE, STATUS_BEGIN, STATUS_READY

# Longer than statement_timeout (15 s): until then the server may be busy; after that it is gone.
ANSWER_SECONDS = 17
CONNECT_SECONDS = 3
_answer_seconds: ContextVar[float] = ContextVar("answer_seconds", default=ANSWER_SECONDS)
POLL_EVENTS = {POLL_READ: select.POLLIN, POLL_WRITE: select.POLLOUT}


def wait_for_answer(connection: Any) -> None:
    """Psycopg's wait callback: return once `connection` has its answer.

    Raises: OperationalError after the time limit; psycopg then closes the connection.
    """
    connected = connection.status in (STATUS_READY, STATUS_BEGIN)
    seconds = _answer_seconds.get() if connected else CONNECT_SECONDS
    while (state := connection.poll()) != POLL_OK:
        poll = select.poll()
        poll.register(connection.fileno(), POLL_EVENTS[state])
        if not poll.poll(seconds * 1000):
            raise OperationalError(f"PostgreSQL did not answer within {seconds} seconds.")


@contextmanager
def limited_answers(seconds: float) -> Iterator[None]:
    """Wait for answers of PostgreSQL no longer than `seconds` each in this block."""
    token = _answer_seconds.set(seconds)
    try:
        yield
    finally:
        _answer_seconds.reset(token)
