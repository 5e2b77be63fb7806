"""Turns what a handler and its child processes print into log records, and so into the job's log.

`sys.stdout` and `sys.stderr` are ordinary text streams while a handler runs: they have `buffer`,
`encoding` and, on demand, a `fileno()` to which child processes may write.
"""

import contextlib
import io
import logging
import os
import sys
import threading
from collections.abc import Iterator

from django.db import connections

from jobs.handler.journal import LOG_LINE_LIMIT

STREAMS = ("stdout", "stderr")
READ_TO_THE_END_SECONDS = 1.0

_logging = threading.local()
# The streams of the handler that runs in this process.
_streams: dict[str, "LogWriter"] = {}


class LogWriter(io.RawIOBase):
    """A binary stream that logs each line; `fileno` opens a pipe into it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._logger = logging.getLogger(name)
        self._rest = b""
        self._descriptor: int | None = None
        self._reader: threading.Thread | None = None

    def writable(self) -> bool:
        """Return True: this stream is for writing."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # only bytes are written
        """Log the complete lines."""
        *lines, self._rest = (self._rest + bytes(data)).split(b"\n")
        for line in lines:
            self._log(line)
        if len(self._rest) >= LOG_LINE_LIMIT:
            self.write(b"\n")
        return len(data)

    def fileno(self) -> int:
        """Return the writing end of a pipe; lines written to it are logged too."""
        if self._descriptor is None:
            source, self._descriptor = os.pipe()
            self._reader = threading.Thread(
                target=self._read, args=[source], name=f"{self._logger.name} reader", daemon=True
            )
            self._reader.start()
        return self._descriptor

    def finish(self) -> None:
        """Log an unfinished last line, and what is still in the pipe."""
        if self._rest:
            self.write(b"\n")
        if self._descriptor is not None and self._reader is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self._reader.join(READ_TO_THE_END_SECONDS)

    def _read(self, source: int) -> None:
        with open(source, "rb") as lines:
            while line := lines.readline(LOG_LINE_LIMIT):
                self._log(line.removesuffix(b"\n"))

    def _log(self, line: bytes) -> None:
        _logging.busy = True
        try:
            self._logger.info("%s", line.decode(errors="backslashreplace"))
        finally:
            _logging.busy = False


class TextStream(io.TextIOWrapper):
    """A text stream like `sys.stdout`: UTF-8, flushed at each end of line.

    It drops what is written while it logs a line: a logging.StreamHandler on this stream would
    otherwise never end.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        buffer = io.BufferedWriter(raw)
        super().__init__(buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)

    def write(self, text: str) -> int:
        """Write text; returns how many characters were taken."""
        return len(text) if getattr(_logging, "busy", False) else super().write(text)

    def flush(self) -> None:
        """Log what is buffered."""
        if not getattr(_logging, "busy", False):
            super().flush()


@contextlib.contextmanager
def logged_output() -> Iterator[None]:
    """Log what is printed in this block."""
    before = {name: getattr(sys, name) for name in STREAMS}
    _streams.update({name: LogWriter(name) for name in STREAMS})
    streams = {name: TextStream(raw) for name, raw in _streams.items()}
    for name, stream in streams.items():
        setattr(sys, name, stream)
    try:
        yield
    finally:
        for name, stream in before.items():
            setattr(sys, name, stream)
        for name, stream in streams.items():
            with contextlib.suppress(ValueError):  # the handler may have closed it
                stream.flush()
            if raw := _streams.pop(name, None):  # None in a fork
                raw.finish()


def watch_forks() -> None:
    """Have the processes that a handler forks print to the job's log, too."""
    os.register_at_fork(before=_before_fork, after_in_child=_in_fork)


def _before_fork() -> None:
    for raw in _streams.values():
        raw.fileno()


def _in_fork() -> None:
    """In a forked process, print and log through the handler's process, and share no connection."""
    if not _streams:
        return
    for name, raw in list(_streams.items()):
        setattr(sys, name, TextStream(io.FileIO(raw.fileno(), "wb", closefd=False)))
    _streams.clear()
    relay = logging.StreamHandler(sys.stderr)
    logging.getLogger().handlers[:] = [relay]
    for alias in list(connections):
        with contextlib.suppress(AttributeError):  # it is not open
            del connections[alias]  # psycopg2 never closes a connection of another process
