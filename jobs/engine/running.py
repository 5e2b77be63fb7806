"""Which attempt each pool child runs, and since when: memory that the children share with the worker's main process.

The agent's deadlines need it while PostgreSQL answers nothing. Times are those of the monotonic clock, which all
processes of a machine share and no correction of the time of day moves.
"""

import mmap
import os
import struct
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from celery.worker import state

from jobs.registry import JobType

SLOTS = 4096
# Whether a handler runs, pid, job, attempt, started at, time limit, grace.
LAYOUT = struct.Struct("=?q16sqddd")

# Made in the worker's main process and inherited by the children it forks. A child writes the slot of its pid; where
# two pids share a slot, the one that wrote first is without a deadline until its next job.
_slots = mmap.mmap(-1, LAYOUT.size * SLOTS)


@dataclass(frozen=True)
class RunningAttempt:
    """A handler at work; `started_at` is monotonic, durations are seconds."""

    pid: int
    job_id: UUID
    attempt: int
    started_at: float
    time_limit: float
    cancel_grace: float


def begin(job_id: UUID, attempt: int, job_type: JobType) -> None:
    """Note that this process begins to run the handler of an attempt."""
    pid = os.getpid()
    times = (time.monotonic(), job_type.time_limit, job_type.cancel_grace)
    LAYOUT.pack_into(_slots, _offset(pid), True, pid, job_id.bytes, attempt, *times)


def end() -> None:
    """Note that the handler has ended: from here on no deadline applies to this process."""
    _slots[_offset(os.getpid())] = 0


def running_in(pid: int) -> RunningAttempt | None:
    """Return what the child `pid` runs; to be read again once it stands still, before it is ended for that."""
    runs, owner, job_id, *rest = LAYOUT.unpack_from(_slots, _offset(pid))
    return RunningAttempt(pid, UUID(bytes=job_id), *rest) if runs and owner == pid else None


def has_lasted(pid: int, seconds: float) -> bool:
    """Return whether the child `pid` has been running its handler for longer than that."""
    attempt = running_in(pid)
    return attempt is not None and time.monotonic() - attempt.started_at > seconds


def running_attempts() -> dict[UUID, int]:
    """Return the jobs that this worker's children have taken and not finished, with the pids that run them."""
    pairs = [(UUID(one.id), one.worker_pid) for one in _requests() if one.worker_pid]
    # A doubled message occupies a second child for a moment; the one that runs the handler counts.
    return dict(sorted(pairs, key=lambda pair: _runs(*pair)))


def _runs(job_id: UUID, pid: int) -> bool:
    attempt = running_in(pid)
    return attempt is not None and attempt.job_id == job_id


def _requests() -> list[Any]:
    while True:
        try:
            return list(state.active_requests)
        except RuntimeError:  # the WeakSet changed under us
            continue


def _offset(pid: int) -> int:
    return pid % SLOTS * LAYOUT.size
