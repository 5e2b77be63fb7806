"""Keeps what the agent's thread says to PostgreSQL apart from the forks of the pool."""

import contextlib
import os
import threading
from collections.abc import Iterator

from django.db import connections

from jobs.lifecycle import WORKER_DB


class _Watched:
    """The descriptor of the agent's connection, which forked children must not keep open."""

    descriptor: int | None = None


_watched = _Watched()
# Held during each conversation, and while the pool forks.
_lock = threading.RLock()


@contextlib.contextmanager
def conversation() -> Iterator[None]:
    """Let no child be forked in this block: it would inherit a conversation that is half done."""
    with _lock:
        try:
            yield
        finally:
            _watched.descriptor = _descriptor()


def _descriptor() -> int | None:
    connection = connections[WORKER_DB].connection
    return None if connection is None or connection.closed else connection.fileno()


def _in_child() -> None:
    global _lock
    _lock = threading.RLock()
    if _watched.descriptor is not None:
        with contextlib.suppress(OSError):
            os.close(_watched.descriptor)
        _watched.descriptor = None


os.register_at_fork(
    before=lambda: _lock.acquire(),
    after_in_parent=lambda: _lock.release(),
    after_in_child=_in_child,
)
