"""Which attempt each pool child runs, and since when, in memory shared with the main process.

The agent's deadlines need it while PostgreSQL answers nothing. Times are those of the monotonic
clock, which all processes of a machine share and no correction of the time of day moves.
"""

import mmap
import os
import struct
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from billiard.process import current_process
from celery.worker import state

from jobs.registry import JobType

SLOTS = 256
# Whether a handler runs, pid, job, attempt, started at, time limit, grace.
LAYOUT = struct.Struct("=?q16sqddd")

# Made in the worker's main process and inherited by the children it forks. A child writes the slot
# of its place in the pool, which no other living child has; above 256 children two would share one.
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
    times = (time.monotonic(), job_type.time_limit, job_type.cancel_grace)
    LAYOUT.pack_into(_slots, _own_offset(), True, os.getpid(), job_id.bytes, attempt, *times)


def end() -> None:
    """Note that the handler has ended: from here on no deadline applies to this process."""
    offset = _own_offset()
    if LAYOUT.unpack_from(_slots, offset)[1] == os.getpid():  # not in a fork of the handler
        _slots[offset] = 0


def running_in(pid: int) -> RunningAttempt | None:
    """Return what the child `pid` runs; read it again once the child is frozen, before the kill."""
    for offset in range(0, len(_slots), LAYOUT.size):
        runs, owner, job_id, *rest = LAYOUT.unpack_from(_slots, offset)
        if runs and owner == pid:
            return RunningAttempt(pid, UUID(bytes=job_id), *rest)
    return None


def _own_offset() -> int:
    return getattr(current_process(), "index", 0) % SLOTS * LAYOUT.size


def has_lasted(pid: int, seconds: float) -> bool:
    """Return whether the child `pid` has been running its handler for longer than that."""
    attempt = running_in(pid)
    return attempt is not None and time.monotonic() - attempt.started_at > seconds


def running_attempts() -> dict[UUID, int]:
    """Return the jobs that this worker's children have taken, with the pids that run them."""
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
