"""JobContext: all that a handler sees of us."""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from tempfile import TemporaryFile
from typing import IO

from django.core.files import File
from django.core.files.storage import storages
from django.db import Error, connections

from jobs import database
from jobs.handler import journal
from jobs.handler.journal import LINES_LIMIT, LOG_LINE_LIMIT, LogLine, LostAttempt
from jobs.lifecycle import WORKER_DB, patiently
from jobs.models import Job
from jobs.safe_text import storable
from jobs.storage import check_present, new_name

logger = logging.getLogger(__name__)

WRITE_EVERY_SECONDS = 1.0
WRITE_EVERY_LINES = 100


class Cancelled(BaseException):
    """The job was asked to stop; a handler lets it pass, or cleans up and raises it again.

    No Exception, so that a handler's `except Exception` around each of its steps lets it pass too.
    """


class TimeLimitReached(Cancelled):
    """The job's time is over."""


class JobContext:
    """One attempt of a job, as its handler sees it.

    What it has to tell is written once a second, by `progress` itself or by a thread while the
    handler is busy.
    """

    def __init__(
        self, job: Job, *, time_limit: float = float("inf"), hide: Callable[[object], str] = str
    ) -> None:
        self.id = job.id
        self.name = job.name
        self.attempt = job.attempt
        self.created_by_id = job.created_by_id
        self._pid = os.getpid()
        self._hide = hide  # takes the job's secrets out of a text
        self._over_at = time.monotonic() + time_limit
        self._asked_to_stop = False
        self._lines: list[LogLine] = []
        self._line_count = 0
        self._lines_written = 0
        self._progress: tuple[int | None, str] | None = None
        self._written_at = 0.0
        self._writing = threading.RLock()

    def progress(self, done: float, total: float = 100, message: str = "") -> None:
        """Show that `done` of `total` is behind us; what comes within a second is written at its end.

        In a process that the handler forked it does nothing.

        Raises: Cancelled if the job was asked to stop; LostAttempt if another attempt has taken
        over.
        """
        if self._is_in_fork():
            return
        percent = max(0, min(100, int(100 * done / total))) if total > 0 else None
        self._progress = (percent, self._hide(message))
        if time.monotonic() - self._written_at >= WRITE_EVERY_SECONDS or done >= total:
            self._write_or_wait()
        else:
            writer.wake(self)
        if self._asked_to_stop:
            raise Cancelled
        if time.monotonic() >= self._over_at:
            raise TimeLimitReached

    def log(self, message: str, level: str = "INFO") -> None:
        """Add a line to the job's log (levels: those of the logging module); seen within about a second."""
        if self._is_in_fork():
            logging.getLogger("job").log(
                logging.getLevelNamesMapping().get(level, logging.INFO), "%s", message
            )
            return
        self._line_count += 1
        if self._line_count > LINES_LIMIT:
            return
        if self._line_count == LINES_LIMIT:
            level, message = "WARNING", f"The log ends here: a job keeps {LINES_LIMIT:,} lines."
        self._lines.append(
            LogLine(datetime.now(UTC), level, storable(self._hide(message), LOG_LINE_LIMIT))
        )
        writer.wake(self)

    def logging(self) -> "LogHandler":
        """While in this block, what is logged through `logging` goes to the job's log too."""
        return LogHandler(self)

    @contextmanager
    def save_file(self, name: str, content_type: str) -> Iterator[IO[bytes]]:
        """A binary file to write to; on leaving the block without an error it is attached to the job as `name`.

        Raises: StorageRefused if the storage is not mounted.
        """
        patiently(partial(check_present, WORKER_DB), using=WORKER_DB)
        with TemporaryFile() as written:
            yield written
            written.seek(0)
            digest = hashlib.file_digest(written, "sha256").hexdigest()
            size = written.tell()
            written.seek(0)
            stored_name = storages["jobs"].save(new_name(self.id), File(written))
        add = partial(
            journal.add_file,
            self.id,
            self.attempt,
            name=name,
            content_type=content_type,
            size=size,
            sha256=digest,
            stored_name=stored_name,
            using=WORKER_DB,
        )
        try:
            replaced = patiently(add, using=WORKER_DB)
        except LostAttempt:
            storages["jobs"].delete(stored_name)  # no row has it, and none will
            raise
        if replaced:
            storages["jobs"].delete(replaced)

    def close(self) -> None:
        """Write all that waits, however long PostgreSQL is away; what a lost attempt still has to tell goes."""
        writer.leave(self)
        try:
            patiently(self.write, using=WORKER_DB)
        except LostAttempt:
            self._lines.clear()

    def write(self) -> None:
        """Write what waits; what cannot be written goes on waiting.

        Raises: LostAttempt, django.db.Error.
        """
        with self._writing:
            self._written_at = time.monotonic()
            while lines := self._lines[:WRITE_EVERY_LINES]:
                journal.add_lines(
                    self.id, self.attempt, lines, after=self._lines_written, using=WORKER_DB
                )
                self._lines_written += len(lines)
                del self._lines[: len(lines)]
            if (progress := self._progress) is not None:
                percent, message = progress
                if journal.progress(
                    self.id, self.attempt, percent=percent, message=message, using=WORKER_DB
                ):
                    self._asked_to_stop = True
                if self._progress is progress:
                    self._progress = None

    def _is_in_fork(self) -> bool:
        # A process that the handler forked has a copy of what waits: it would write it a second
        # time.
        return os.getpid() != self._pid

    def _write_or_wait(self) -> None:
        try:
            self.write()
        except Error as error:
            # A database that restarts must not fail a handler that only tells how far it is.
            connections[WORKER_DB].close()
            if database.is_bug(error):
                raise
            writer.wake(self)


class Writer:
    """One thread for each process, started on first need: writes for handlers that are busy or silent.

    It has its own connection, which it keeps: a job that logs opens none.
    """

    def __init__(self) -> None:
        self._has_work = threading.Event()
        self._context: JobContext | None = None
        self._thread: threading.Thread | None = None

    @property
    def thread(self) -> threading.Thread | None:
        """The thread, if it has been started."""
        return self._thread

    def wake(self, context: JobContext) -> None:
        """Have the context written within a second."""
        self._context = context
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="job writer", daemon=True)
            self._thread.start()
        self._has_work.set()

    def leave(self, context: JobContext) -> None:
        """Touch the context no more; another one that was woken since is still written."""
        if self._context is context:
            self._context = None

    def stop(self) -> None:
        """End the thread and its connection; the next need starts another."""
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
            if (context := self._context) is not None:
                self._write(context)
        connections[WORKER_DB].close()

    def _is_current(self) -> bool:
        return self._thread is threading.current_thread()

    def _write(self, context: JobContext) -> None:
        try:
            context.write()
        except LostAttempt:
            self.leave(context)  # the handler finds out at its next progress
        except Error as error:
            connections[WORKER_DB].close()
            if database.is_bug(error):
                self.leave(context)
                logger.exception("what job %s says of itself cannot be written", context.id)
            else:
                self._has_work.set()


writer = Writer()


class LogHandler(logging.Handler):
    """Sends what is logged through `logging` in its block to the job's log, but for what is ours."""

    OURS = ("jobs.engine", "jobs.lifecycle", "jobs.handler", "celery", "django.db")

    def __init__(self, context: JobContext) -> None:
        super().__init__(logging.INFO)
        self.context = context

    def __enter__(self) -> None:
        logging.getLogger().addHandler(self)

    def __exit__(self, *error: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Add the record to the job's log."""
        if record.name.startswith(self.OURS):
            return
        try:
            self.context.log(self.format(record), record.levelname)
        except Exception:  # a message that does not format is the handler's slip, not the job's end
            self.handleError(record)
