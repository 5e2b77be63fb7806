"""How the agent interrupts the handler of one attempt and no other: a note in shared memory, then a signal.

The note says which attempt is meant. A child that has gone on to another job finds itself not meant
and goes on.
"""

import mmap
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any
from uuid import UUID

from celery.signals import worker_process_init

from jobs.engine.worker import running
from jobs.handler.context import Cancelled, TimeLimitReached
from jobs.models import Job
from jobs.registry import JobType

SIGNAL = signal.SIGUSR2  # Celery and billiard use SIGUSR1 themselves
NOTE_BYTES = 128
NOTES = 256

# Made in the worker's main process and shared with the children it forks. A child reads the note of
# its pid; two children whose notes collide are ended by force instead.
_notes = mmap.mmap(-1, NOTE_BYTES * NOTES)
_running: str | None = None


def interrupt(pid: int, job_id: UUID, attempt: int, *, time_limit: bool) -> None:
    """Make the handler of this attempt raise, if the child `pid` still runs it and Python gets to see the signal."""
    note = f"{'time_limit' if time_limit else 'cancel'} {_key(job_id, attempt)}".encode()
    start = _start(pid)
    _notes[start : start + NOTE_BYTES] = note.ljust(NOTE_BYTES)
    os.kill(pid, SIGNAL)


@contextmanager
def interruptible(job: Job, job_type: JobType) -> Iterator[None]:
    """While in this block, the process may be interrupted, or ended, for this attempt."""
    global _running
    running.begin(job.id, job.attempt, job_type)
    _running = _key(job.id, job.attempt)
    # billiard makes them a SystemExit: a handler ended by its worker's stop would seem to have left
    # by itself.
    before = {
        number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGQUIT)
    }
    try:
        yield
    finally:
        _running = None
        running.end()
        for number, handler in before.items():
            signal.signal(number, handler)


def _key(job_id: UUID, attempt: int) -> str:
    return f"{job_id}:{attempt}"


def _start(pid: int) -> int:
    return pid % NOTES * NOTE_BYTES


def _handle(number: int, frame: FrameType | None) -> None:
    start = _start(os.getpid())
    why, _, meant = _notes[start : start + NOTE_BYTES].decode().strip().partition(" ")
    if meant and meant == _running:
        raise TimeLimitReached if why == "time_limit" else Cancelled


@worker_process_init.connect
def listen(**kwargs: Any) -> None:
    """Let the agent interrupt this child."""
    signal.signal(SIGNAL, _handle)
