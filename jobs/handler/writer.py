"""The thread `job writer` of a pool process: writes for handlers that are busy or wait."""

import logging
import threading
import time
from typing import Protocol
from uuid import UUID

from django.db import Error, connections

from jobs import database
from jobs.database import WORKER_DB
from jobs.handler.journal import LostAttempt

logger = logging.getLogger(__name__)

WRITE_EVERY_SECONDS = 1.0


class Buffer(Protocol):
    """What the thread writes: a JobContext."""

    id: UUID

    def write(self) -> None:
        """Write what is pending. Raises: LostAttempt, django.db.Error."""


class Writer:
    """One thread for each process, started on first use.

    It has its own connection and keeps it, so that a job that logs opens none.
    """

    def __init__(self) -> None:
        self._has_work = threading.Event()
        self._buffer: Buffer | None = None
        self._thread: threading.Thread | None = None

    @property
    def thread(self) -> threading.Thread | None:
        """The thread, if it has been started."""
        return self._thread

    def wake(self, buffer: Buffer) -> None:
        """Have the buffer written within a second."""
        self._buffer = buffer
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="job writer", daemon=True)
            self._thread.start()
        self._has_work.set()

    def forget(self, buffer: Buffer) -> None:
        """Stop writing this buffer; another one that `wake` got since is still written."""
        if self._buffer is buffer:
            self._buffer = None

    def stop(self) -> None:
        """End the thread and close its connection; the next `wake` starts another."""
        if (thread := self._thread) is not None:
            self._thread = None
            self._has_work.set()
            thread.join()

    def _run(self) -> None:
        while self._is_current():
            self._has_work.wait()
            self._has_work.clear()
            if self._is_current():
                time.sleep(WRITE_EVERY_SECONDS)
            if (buffer := self._buffer) is not None:
                self._write(buffer)
        connections[WORKER_DB].close()

    def _is_current(self) -> bool:
        return self._thread is threading.current_thread()

    def _write(self, buffer: Buffer) -> None:
        try:
            buffer.write()
        except LostAttempt:
            self.forget(buffer)  # the handler notices at its next progress
        except Error as error:
            connections[WORKER_DB].close()
            if database.is_bug(error):
                self.forget(buffer)
                logger.exception("log and progress of job %s cannot be written", buffer.id)
            else:
                self._has_work.set()


writer = Writer()
