"""Interrupts the handler of one attempt and of no other: a note in shared memory, then a signal.

The note says which attempt is meant. A pool process that has gone on to another job ignores it.
"""

import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from uuid import UUID

from jobs.engine.worker.running import RunningAttempts
from jobs.handler.context import Cancelled, TimeLimitReached
from jobs.models import Job
from jobs.registry import JobType

SIGNAL = signal.SIGUSR2  # Celery and billiard use SIGUSR1 themselves
STOPS = (int(signal.SIGTERM), int(signal.SIGQUIT))
NOTE_BYTES = 128
NOTES = 256
# In C: those of `signal` make enums of numbers and handlers, which takes longer than the call.
_signal = import_module("_signal")


class Interrupts:
    """The notes. A pool process reads the note of its pid.

    Two processes whose pids share a note are killed at their deadline instead.
    """

    def __init__(self, running: RunningAttempts) -> None:
        self._notes = mmap.mmap(-1, NOTE_BYTES * NOTES)
        self._running = running
        self._attempt: str | None = None  # the one that this process runs

    def send(self, pid: int, job_id: UUID, attempt: int, *, time_limit: bool) -> None:
        """Have the handler of this attempt raise, if process `pid` still runs it.

        A handler that does not return to Python, such as a long call into C, does not notice.
        """
        self.write(pid, job_id, attempt, time_limit=time_limit)
        os.kill(pid, SIGNAL)

    def write(self, pid: int, job_id: UUID, attempt: int, *, time_limit: bool = False) -> None:
        """Note that this attempt has to stop, for calls of its handler that look at the note."""
        note = f"{'time_limit' if time_limit else 'cancel'} {_name(job_id, attempt)}".encode()
        start = _start(pid)
        self._notes[start : start + NOTE_BYTES] = note.ljust(NOTE_BYTES)

    def has_note(self, pid: int, job: Job) -> bool:
        """Return whether process `pid` has a note to stop the job's present attempt."""
        return self._read(pid)[1] == _name(job.id, job.attempt)

    def listen(self) -> None:
        """Let the main process interrupt this process."""
        signal.signal(SIGNAL, self._handle)

    @contextmanager
    def interruptible(self, job: Job, job_type: JobType) -> Iterator[None]:
        """While in this block, the process may be interrupted, or killed, for this attempt."""
        self._running.begin(job.id, job.attempt, job_type)
        self._attempt = _name(job.id, job.attempt)
        # billiard raises SystemExit for these: a handler that ends with its worker would seem to
        # have called sys.exit.
        before = {number: _signal.signal(number, _signal.SIG_DFL) for number in STOPS}
        try:
            yield
        finally:
            self._attempt = None
            self._running.end()
            for number, handler in before.items():
                _signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        reason, meant = self._read(os.getpid())
        if meant and meant == self._attempt:
            raise TimeLimitReached if reason == "time_limit" else Cancelled

    def _read(self, pid: int) -> tuple[str, str]:
        """Return why and which attempt the process has to stop; empty without a note."""
        start = _start(pid)
        note = self._notes[start : start + NOTE_BYTES].rstrip(b"\0 ").decode()
        reason, _, meant = note.partition(" ")
        return reason, meant


def _name(job_id: UUID, attempt: int) -> str:
    return f"{job_id}:{attempt}"


def _start(pid: int) -> int:
    return pid % NOTES * NOTE_BYTES
