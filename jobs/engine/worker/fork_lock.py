"""Keeps the agent's use of PostgreSQL apart from the forks of the pool."""

import contextlib
import os
import threading

from django.db import connections

from jobs.database import WORKER_DB


class ForkLock:
    """A context manager: while the agent is in its block, the main process forks nothing.

    A pool process that is forked in the middle of a query would inherit half of it.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        # Of the agent's connection, which a forked process must not keep open.
        self._descriptor: int | None = None

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        connection = connections[WORKER_DB].connection
        is_open = connection is not None and not connection.closed
        self._descriptor = connection.fileno() if is_open else None
        self._lock.release()

    def register(self) -> None:
        """Hold the lock around each fork of this process from now on."""
        os.register_at_fork(
            before=lambda: self._lock.acquire(),  # after a fork it is another lock
            after_in_parent=lambda: self._lock.release(),
            after_in_child=self._start_child,
        )

    def _start_child(self) -> None:
        # The child's other threads are gone, and with them the one that would release the lock.
        self._lock = threading.RLock()
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
