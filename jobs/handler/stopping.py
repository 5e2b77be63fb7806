"""Ends what a handler waits for, a statement or a program, once its job has to stop."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

LOOK_SECONDS = 0.1
# A statement is cancelled again if the first request came between two statements.
AGAIN_SECONDS = 0.5
# From SIGTERM, at which a program may clean up, to SIGKILL.
TERM_SECONDS = 1.0


class Cancelled(BaseException):
    """A cancel was requested. A handler lets it pass, or cleans up and raises it again.

    It is a BaseException, so that it also passes a handler's `except Exception`.
    """


class TimeLimitReached(Cancelled):
    """The job has reached its time limit."""


# Returns the exception to raise if the job has to stop, else None.
StopReason = Callable[[], Cancelled | None]


class StoppableCalls:
    """The calls of a JobContext that end at once when the job has to stop."""

    def __init__(self, time_limit: float, is_asked: Callable[[], bool]) -> None:
        self._over_at = time.monotonic() + time_limit
        self._is_asked = is_asked  # whether a cancel was requested, as the worker's agent knows

    def stop_reason(self) -> Cancelled | None:
        """Return the exception to raise if the job has to stop, else None."""
        if self._is_asked():
            return Cancelled()
        return TimeLimitReached() if time.monotonic() >= self._over_at else None

    @contextlib.contextmanager
    def sql(self, using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
        """Cancel the statement that runs in this block once the job has to stop.

        `using` is the database alias of its statements.

        Raises: Cancelled or TimeLimitReached, instead of the error of the cancelled statement.
        """
        if (found := self.stop_reason()) is not None:
            raise found
        connection = connections[using]
        connection.ensure_connection()
        watch = StopWatch(
            self.stop_reason, lambda: connection.connection.cancel(), connection.close
        )
        with watch:
            try:
                yield
            except Exception as error:
                if watch.reason is not None:
                    raise watch.reason from error
                raise
        if watch.reason is not None:
            raise watch.reason

    def run_program(
        self,
        args: Sequence[Any],
        *,
        input: Any = None,
        capture_output: bool = False,
        timeout: float | None = None,
        check: bool = True,
        **options: Any,
    ) -> subprocess.CompletedProcess[Any]:
        """Run a program to its end, as `subprocess.run`; its output goes to the job's log.

        Once the job has to stop the program gets SIGTERM, and SIGKILL a second later, with the
        programs that it started.

        Raises: Cancelled or TimeLimitReached; what `subprocess.run` raises.
        """
        if (found := self.stop_reason()) is not None:
            raise found
        streams: dict[str, Any] = {"stdout": sys.stdout, "stderr": sys.stderr}
        if capture_output:
            streams = dict.fromkeys(streams, subprocess.PIPE)
        if input is not None:
            streams["stdin"] = subprocess.PIPE
        done = run_stoppable(args, input, timeout, self.stop_reason, **streams | options)
        if check:
            done.check_returncode()
        return done


class StopWatch(threading.Thread):
    """A context manager: while in its block, `stop` is called once the job has to stop.

    `reason` is then the exception to raise. The block ends after the last call of `stop`: libpq
    returns from a cancel once the server has signalled the session, which drops the signal if it is
    idle. So no cancel reaches the next statement of the connection. If an interrupt ends that wait,
    `discard` closes the connection, and a late cancel finds no session.
    """

    def __init__(
        self, find_reason: StopReason, stop: Callable[[], object], discard: Callable[[], object]
    ) -> None:
        super().__init__(name="stop watch", daemon=True)
        self.reason: Cancelled | None = None
        self._find_reason = find_reason
        self._stop = stop
        self._discard = discard
        self._left = threading.Event()

    def __enter__(self) -> "StopWatch":
        with self._discarding():
            self.start()
        return self

    def __exit__(self, *error: object) -> None:
        with self._discarding():
            self._left.set()
            self.join()

    @contextlib.contextmanager
    def _discarding(self) -> Iterator[None]:
        """Discard the connection, and end the thread, if the worker interrupts this block."""
        try:
            yield
        except BaseException:
            self._left.set()
            self._discard()
            raise

    def run(self) -> None:
        """Look ten times a second."""
        while not self._left.wait(AGAIN_SECONDS if self.reason else LOOK_SECONDS):
            self.reason = self.reason or self._find_reason()
            if self.reason and not self._left.is_set():
                with contextlib.suppress(Exception):  # such as a connection that was closed
                    self._stop()


def run_stoppable(
    args: Sequence[Any], input: Any, timeout: float | None, reason: StopReason, **options: Any
) -> subprocess.CompletedProcess[Any]:
    """Run a program to its end, in a session of its own; kill the session if the job has to stop.

    Raises: what `reason` returns; subprocess.TimeoutExpired.
    """
    give_up_at = None if timeout is None else time.monotonic() + timeout
    with subprocess.Popen(args, start_new_session=True, **options) as process:
        try:
            while True:
                try:
                    output, errors = process.communicate(input, timeout=LOOK_SECONDS)
                    return subprocess.CompletedProcess(
                        process.args, process.returncode, output, errors
                    )
                except subprocess.TimeoutExpired:
                    input = None  # it has been taken
                if (found := reason()) is not None:
                    raise found
                if timeout is not None and give_up_at and time.monotonic() >= give_up_at:
                    raise subprocess.TimeoutExpired(args, timeout)
        except BaseException:
            _end_session(process)
            raise


def _end_session(process: subprocess.Popen[Any]) -> None:
    """End the program and those that it started, except those in sessions of their own."""
    if process.poll() is None:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(TERM_SECONDS)
    # The id stays that of the group while it has a process.
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    # Its orphans are now children of a pool process, which is replaced if one is left.
    give_up_at = time.monotonic() + TERM_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < give_up_at:
            if os.waitpid(-process.pid, os.WNOHANG) == (0, 0):
                time.sleep(0.01)


def _signal_group(group: int, number: int) -> None:
    # A program that became another user may not be signalled; it is left alone.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
