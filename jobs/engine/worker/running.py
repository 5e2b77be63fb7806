"""Which attempt each pool process runs, and since when, in memory shared with the main process.

The deadlines need it while PostgreSQL does not answer. Times are those of the monotonic clock,
which all processes of a machine share and no correction of the time of day moves.
"""

import mmap
import os
import struct
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from billiard.process import current_process
from celery.worker.state import active_requests

from jobs.registry import JobType

PROCESSES_LIMIT = 256
# Whether a handler runs, pid, job, attempt, started at, time limit, grace.
LAYOUT = struct.Struct("=?q16sqddd")


@dataclass(frozen=True)
class RunningAttempt:
    """A handler that runs; `started_at` is monotonic, durations are seconds."""

    pid: int
    job_id: UUID
    attempt: int
    started_at: float
    time_limit: float
    cancel_grace: float


class RunningAttempts:
    """The shared memory: a slot for each place in the pool.

    A pool process writes the slot of its own place, which no other living one has; above 256
    pool processes two would share a slot.
    """

    def __init__(self) -> None:
        self._slots = mmap.mmap(-1, LAYOUT.size * PROCESSES_LIMIT)

    def begin(self, job_id: UUID, attempt: int, job_type: JobType) -> None:
        """Note that this process begins to run the handler of an attempt."""
        times = (time.monotonic(), job_type.time_limit, job_type.cancel_grace)
        values = (True, os.getpid(), job_id.bytes, attempt, *times)
        LAYOUT.pack_into(self._slots, _own_offset(), *values)

    def end(self) -> None:
        """Note that the handler has ended: no deadline applies to this process any more."""
        offset = _own_offset()
        owner = LAYOUT.unpack_from(self._slots, offset)[1]
        if owner == os.getpid():  # not in a fork of the handler
            self._slots[offset] = 0

    def in_process(self, pid: int) -> RunningAttempt | None:
        """Return what the pool process `pid` runs; before a kill, suspend it and read again."""
        for offset in range(0, len(self._slots), LAYOUT.size):
            runs, owner, job_id, *rest = LAYOUT.unpack_from(self._slots, offset)
            if runs and owner == pid:
                return RunningAttempt(pid, UUID(bytes=job_id), *rest)
        return None

    def has_lasted(self, pid: int, seconds: float) -> bool:
        """Return whether the pool process `pid` has run its handler for longer than that."""
        attempt = self.in_process(pid)
        return attempt is not None and time.monotonic() - attempt.started_at > seconds

    def holders(self) -> dict[UUID, int]:
        """Return the jobs that this worker's pool processes have taken, with their pids."""
        pairs = [(UUID(one.id), one.worker_pid) for one in _requests() if one.worker_pid]
        # A doubled message occupies a second process for a moment; the one that runs the handler
        # counts.
        return dict(sorted(pairs, key=lambda pair: self._is_running(*pair)))

    def _is_running(self, job_id: UUID, pid: int) -> bool:
        attempt = self.in_process(pid)
        return attempt is not None and attempt.job_id == job_id


def _own_offset() -> int:
    return getattr(current_process(), "index", 0) % PROCESSES_LIMIT * LAYOUT.size


def _requests() -> list[Any]:
    while True:
        try:
            return list(active_requests)
        except RuntimeError:  # the event loop changed the WeakSet while it was read
            continue
