"""Which attempt each pool process runs, and since when, in memory shared with the main process.

The deadlines need it while PostgreSQL does not answer. Times are those of the monotonic clock,
which all processes of a machine share and no correction of the time of day moves.
"""

import mmap
import os
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from billiard.process import current_process

from jobs.registry import JobType

PROCESSES_LIMIT = 256
# The slot of a process that died stays as it is until its attempt has been reported. Those that
# follow it in its place of the pool use the other slots of the place.
SLOTS_A_PLACE = 4
# Stage, pid, job, attempt, started at, time limit, grace.
LAYOUT = struct.Struct("=Bq16sqddd")
SLOTS_BYTES = LAYOUT.size * PROCESSES_LIMIT * SLOTS_A_PLACE
# From the claim to the outcome a process has taken its job; in between its handler runs.
FREE, TAKEN, IN_HANDLER = range(3)


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
    """The shared memory: some slots for each place in the pool.

    A pool process writes the slot of its own place, which no other living one has; above 256
    pool processes two would share a slot.
    """

    def __init__(self) -> None:
        self._slots = mmap.mmap(-1, SLOTS_BYTES)
        self._own = (0, 0)  # pid and offset of this process

    def take(self, job_id: UUID) -> None:
        """Note that this process is about to claim a job."""
        offset = self._own_offset()
        self._slots[offset] = FREE
        LAYOUT.pack_into(self._slots, offset, FREE, os.getpid(), job_id.bytes, 0, 0, 0, 0)
        self._slots[offset] = TAKEN

    def begin(self, job_id: UUID, attempt: int, job_type: JobType) -> None:
        """Note that this process begins to run the handler of an attempt."""
        times = (time.monotonic(), job_type.time_limit, job_type.cancel_grace)
        values = (os.getpid(), job_id.bytes, attempt, *times)
        offset = self._own_offset()
        LAYOUT.pack_into(self._slots, offset, TAKEN, *values)
        self._slots[offset] = IN_HANDLER

    def end(self) -> None:
        """Note that the handler has ended: no deadline applies to this process any more."""
        self._set_stage(TAKEN)

    def release(self) -> None:
        """Note that the outcome is written, or that there is none to write."""
        self._set_stage(FREE)

    def job_of(self, pid: int) -> UUID | None:
        """Return the job that the pool process `pid` has taken, or had taken when it died."""
        return next((UUID(bytes=job_id) for _, _, _, job_id, *_ in self._read(pid)), None)

    def forget(self, pid: int) -> None:
        """Free the slot of a pool process that died, or failed to write an outcome."""
        for offset, *_ in self._read(pid):
            self._slots[offset] = FREE

    def in_process(self, pid: int) -> RunningAttempt | None:
        """Return what the pool process `pid` runs; before a kill, suspend it and read again."""
        for _, stage, _, job_id, *rest in self._read(pid):
            if stage == IN_HANDLER:
                return RunningAttempt(pid, UUID(bytes=job_id), *rest)
        return None

    def has_lasted(self, pid: int, seconds: float) -> bool:
        """Return whether the pool process `pid` has run its handler for longer than that."""
        attempt = self.in_process(pid)
        return attempt is not None and time.monotonic() - attempt.started_at > seconds

    def holders(self) -> dict[UUID, int]:
        """Return the jobs that this worker's pool processes have taken, with their pids."""
        taken = [(stage, UUID(bytes=job_id), pid) for _, stage, pid, job_id, *_ in self._read()]
        # A doubled message occupies a second process for a moment; the one that runs the handler
        # counts.
        return {job_id: pid for _, job_id, pid in sorted(taken)}

    def _read(self, pid: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield the slots that are not free, each behind its offset; with a pid, its own."""
        for offset in range(0, SLOTS_BYTES, LAYOUT.size):
            if self._slots[offset]:
                stage, owner, *rest = LAYOUT.unpack_from(self._slots, offset)
                if stage and pid in (None, owner):
                    yield offset, stage, owner, *rest

    def _set_stage(self, stage: int) -> None:
        pid, offset = self._own
        if pid == os.getpid():  # not in a fork of the handler
            self._slots[offset] = stage

    def _own_offset(self) -> int:
        pid, offset = self._own
        if pid != os.getpid():
            offset = self._free_offset()
            self._own = os.getpid(), offset
        return offset

    def _free_offset(self) -> int:
        place = getattr(current_process(), "index", 0) % PROCESSES_LIMIT
        for number in range(place, PROCESSES_LIMIT * SLOTS_A_PLACE, PROCESSES_LIMIT):
            if self._slots[number * LAYOUT.size] == FREE:
                break
        return number * LAYOUT.size
