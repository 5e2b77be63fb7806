"""The JobContext that handlers receive: progress, log, files and cancellation."""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property, partial
from tempfile import TemporaryFile
from typing import IO

from django.db import Error, connections
from django.db.models import Model

from jobs import about, database, storage
from jobs.database import WORKER_DB, retry_while_away
from jobs.handler import journal
from jobs.handler.journal import LOG_LINE_LIMIT, LOG_LINES_LIMIT, Amount, LogLine, LostAttempt
from jobs.handler.log_handler import LogHandler
from jobs.handler.parent import ParentCalls
from jobs.handler.stopping import Cancelled as Cancelled
from jobs.handler.stopping import StoppableCalls
from jobs.handler.stopping import TimeLimitReached as TimeLimitReached
from jobs.handler.writer import WRITE_EVERY_SECONDS, writer
from jobs.models import Job
from jobs.safe_text import storable

LINES_A_WRITE = 100


class JobContext(ParentCalls, StoppableCalls):
    """One attempt of a job, as its handler sees it.

    Progress and log lines are written once a second: by `progress` itself, or by a thread while
    the handler is busy.
    """

    def __init__(
        self,
        job: Job,
        *,
        time_limit: float = float("inf"),
        hide: Callable[[object], str] = str,
        is_asked: Callable[[], bool] = lambda: False,
    ) -> None:
        self.id = job.id
        self.name = job.name
        self.attempt = job.attempt
        self.created_by_id = job.created_by_id
        self._pid = os.getpid()
        self._hide = hide  # masks the job's secrets in a text
        self._cancel_requested = False
        self._lines: list[LogLine] = []
        self._line_count = 0
        self._lines_written = 0
        self._progress: tuple[int | None, str, Amount] | None = None
        self._written_at = 0.0
        self._writing = threading.RLock()
        ParentCalls.__init__(self)
        StoppableCalls.__init__(self, time_limit, is_asked)

    def stored_job(self) -> Job:
        """Return the job's row as it is now, with its account. Raises: Job.DoesNotExist."""
        return Job.objects.select_related("created_by").get(id=self.id)

    @cached_property
    def about(self) -> Model | None:
        """The object that the job is about, read when first used.

        None if it is about none, or if the object was deleted while the job waited.
        """
        return about.object_of(self.stored_job())

    def progress(
        self, done: float, total: float = 100, message: str = "", *, unit: str = ""
    ) -> None:
        """Show that `done` of `total` is done; written at most once a second.

        With a `unit`, such as "rows", pages show the numbers and the speed.
        In a process that the handler forked it does nothing.

        Raises: Cancelled if a cancel was requested; LostAttempt if another attempt has taken
        over.
        """
        if self._is_in_fork():
            return
        amount = Amount.of(done, total, self._hide(unit))
        self._progress = (self._percent(done, total), self._hide(message), amount)
        if time.monotonic() - self._written_at >= WRITE_EVERY_SECONDS or done >= total:
            self._write_or_wait()
        else:
            writer.wake(self)
        if self._cancel_requested:
            raise Cancelled
        if time.monotonic() >= self._over_at:
            raise TimeLimitReached

    @staticmethod
    def _percent(done: float, total: float) -> int | None:
        return max(0, min(100, int(100 * done / total))) if total > 0 else None

    def log(self, message: str, level: str = "INFO") -> None:
        """Add a line to the job's log; it is visible within about a second.

        `level` is a level of the logging module.
        """
        if self._is_in_fork():
            number = logging.getLevelNamesMapping().get(level, logging.INFO)
            logging.getLogger("job").log(number, "%s", message)
            return
        self._line_count += 1
        if self._line_count > LOG_LINES_LIMIT:
            return
        if self._line_count == LOG_LINES_LIMIT:
            level, message = "WARNING", f"The log ends here: a job keeps {LOG_LINES_LIMIT:,} lines."
        text = storable(self._hide(message), LOG_LINE_LIMIT)
        self._lines.append(LogLine(datetime.now(UTC), level, text))
        writer.wake(self)

    def logging(self) -> LogHandler:
        """Return a block in which records of `logging` go to the job's log too."""
        return LogHandler(self.log)

    @contextmanager
    def save_file(self, name: str, content_type: str) -> Iterator[IO[bytes]]:
        """Yield a binary file to write to; the job gets it as `name` if the block raises nothing.

        Raises: StorageRefused if the storage is not mounted, StorageUnavailable if it fails.
        """
        retry_while_away(partial(storage.check_present, WORKER_DB), using=WORKER_DB)
        with TemporaryFile() as written:
            yield written
            written.seek(0)
            digest = hashlib.file_digest(written, "sha256").hexdigest()
            size = written.tell()
            written.seek(0)
            stored_name = storage.save(self.id, written)
        add = partial(journal.add_file, self.id, self.attempt, name=name, content_type=content_type)
        stored = {"size": size, "sha256": digest, "stored_name": stored_name, "using": WORKER_DB}
        try:
            replaced = retry_while_away(partial(add, **stored), using=WORKER_DB)
        except LostAttempt:
            storage.drop(stored_name)  # it has no row and will not get one
            raise
        if replaced:
            storage.drop(replaced)

    def close(self) -> None:
        """Flush pending log lines and progress, retrying while PostgreSQL is away.

        If the attempt was lost they are discarded.
        """
        writer.forget(self)
        try:
            retry_while_away(self.write, using=WORKER_DB)
        except LostAttempt:
            self._lines.clear()

    def write(self) -> None:
        """Write what is pending; what cannot be written stays pending.

        Raises: LostAttempt, django.db.Error.
        """
        with self._writing:
            self._written_at = time.monotonic()
            while lines := self._lines[:LINES_A_WRITE]:
                after = self._lines_written
                journal.add_lines(self.id, self.attempt, lines, after=after, using=WORKER_DB)
                self._lines_written += len(lines)
                del self._lines[: len(lines)]
            if self._progress is not None:
                self._write_progress(self._progress)

    def _write_progress(self, progress: tuple[int | None, str, Amount]) -> None:
        percent, message, amount = progress
        write = partial(journal.write_progress, self.id, self.attempt, using=WORKER_DB)
        if write(percent=percent, message=message, amount=amount):
            self._cancel_requested = True
        if self._progress is progress:  # else the handler has reported more since
            self._progress = None

    def _is_in_fork(self) -> bool:
        # A process that the handler forked has a copy of what is pending, and would write it again.
        return os.getpid() != self._pid

    def _write_or_wait(self) -> None:
        try:
            self.write()
        except Error as error:
            # A restart of PostgreSQL must not fail a handler that only reports its progress.
            connections[WORKER_DB].close()
            if database.is_bug(error):
                raise
            writer.wake(self)
