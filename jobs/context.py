"""JobContext: all that a handler sees of us."""

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import IO
from uuid import uuid4

from django.core.files import File
from django.core.files.storage import storages

from jobs import journal
from jobs.lifecycle import WORKER_DB
from jobs.models import Job

PROGRESS_EVERY_SECONDS = 1.0
FLUSH_EVERY_SECONDS = 1.0
FLUSH_EVERY_LINES = 100
LINES_LIMIT = 10_000


class Cancelled(Exception):
    """Somebody asked the job to stop; a handler lets it pass, or cleans up and raises it again."""


class JobContext:
    """One attempt of a job, as its handler sees it."""

    def __init__(self, job: Job) -> None:
        self.id = job.id
        self.name = job.name
        self.attempt = job.attempt
        self.created_by_id = job.created_by_id
        self._lines: list[journal.LogLine] = []
        self._line_count = 0
        self._flushed_at = 0.0
        self._progress_at = 0.0

    def progress(self, done: float, total: float = 100, message: str = "") -> None:
        """Show that `done` of `total` is behind us; written at most once a second, and once at the end.

        Raises: Cancelled if the job was asked to stop; LostAttempt if another attempt has taken over.
        """
        now = time.monotonic()
        if now - self._progress_at < PROGRESS_EVERY_SECONDS and done < total:
            return
        self._progress_at = now
        percent = max(0, min(100, int(100 * done / total))) if total > 0 else None
        self.flush()
        if journal.progress(self.id, self.attempt, percent=percent, message=message, using=WORKER_DB):
            raise Cancelled

    def log(self, message: str, level: str = "INFO") -> None:
        """Add a line to the job's log (levels: those of the logging module)."""
        self._line_count += 1
        if self._line_count > LINES_LIMIT:
            return
        if self._line_count == LINES_LIMIT:
            level, message = "WARNING", f"The log ends here: a job keeps {LINES_LIMIT:,} lines."
        self._lines.append(journal.LogLine(datetime.now(UTC), level, message))
        if len(self._lines) >= FLUSH_EVERY_LINES or time.monotonic() - self._flushed_at > FLUSH_EVERY_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the log lines that wait."""
        self._flushed_at = time.monotonic()
        if self._lines:
            lines, self._lines = self._lines, []
            journal.add_lines(self.id, self.attempt, lines, using=WORKER_DB)

    @contextmanager
    def save_file(self, name: str, content_type: str) -> Iterator[IO[bytes]]:
        """A binary file to write to; on leaving the block without an error it is attached to the job as `name`."""
        with TemporaryFile() as written:
            yield written
            written.seek(0)
            digest = hashlib.file_digest(written, "sha256").hexdigest()
            size = written.tell()
            written.seek(0)
            stored_name = storages["jobs"].save(f"{self.id}/{uuid4().hex}", File(written))
        journal.add_file(
            self.id,
            self.attempt,
            name=name,
            content_type=content_type,
            size=size,
            sha256=digest,
            stored_name=stored_name,
            using=WORKER_DB,
        )


class LogHandler(logging.Handler):
    """Sends what the handler of a job logs through `logging` to the job's log."""

    def __init__(self, context: JobContext) -> None:
        super().__init__(logging.INFO)
        self.context = context

    def emit(self, record: logging.LogRecord) -> None:
        """Add the record to the job's log."""
        self.context.log(self.format(record), record.levelname)
