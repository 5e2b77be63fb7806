"""Lets a pool process go on with the next job that waits, past the main process.

To take a message and hand it to a process, Celery needs more CPU than claim and outcome together.
So a process that has ended a job takes the next id of the same queue from Redis itself. It returns
to Celery when the queue is empty, and each second, so that Celery can serve the other queues.
"""

import mmap
import os
import struct
import time
from uuid import UUID

from jobs.engine import broker
from jobs.engine.worker import replacement
from jobs.engine.worker.transport import accepted_id
from jobs.errors import BrokerUnavailable

TURN_SECONDS = 1.0
# Above the seconds between two polls of the agent, below those of a heartbeat.
STALE_SECONDS = 3.0
UNTIL = struct.Struct("d")
IS_DRAINED = UNTIL.size  # the offset of a byte


class Backlog:
    """The waiting jobs of one worker, open to its pool processes while its agent polls.

    A worker that stops, or whose main process is killed or hangs, begins no more jobs: nothing
    would renew their leases or stop them at their time limits.
    """

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, UNTIL.size + 1)  # until when, by the monotonic clock
        self._is_closed = False  # read in the main process only
        self._main_pid = os.getpid()

    def open(self) -> None:
        """Let the pool processes take jobs for 3 seconds more, unless the worker stops."""
        if not self._is_closed and not self.is_drained:
            UNTIL.pack_into(self._shared, 0, time.monotonic() + STALE_SECONDS)

    def close(self) -> None:
        """Let no pool process take another job."""
        self._is_closed = True
        UNTIL.pack_into(self._shared, 0, 0.0)

    @property
    def is_drained(self) -> bool:
        """Whether the worker takes nothing new: its processes give back what they get."""
        return bool(self._shared[IS_DRAINED])

    def drain(self, is_drained: bool) -> None:
        """Note that the worker takes nothing new, or does so again."""
        self._shared[IS_DRAINED] = is_drained
        if is_drained:
            UNTIL.pack_into(self._shared, 0, 0.0)

    def next_id(self, queue: str, *, began_at: float) -> UUID | None:
        """Take the next id of a queue; None if this process returns to Celery, as on any doubt.

        `began_at` is when Celery handed it a message, by the monotonic clock. If this process dies
        now, the message is lost, as one that Celery has taken: upkeep publishes it again.
        """
        now = time.monotonic()
        if now - began_at > TURN_SECONDS or replacement.is_due() or not self._is_open(now):
            return None
        try:
            message = broker.take(queue)
        except BrokerUnavailable:
            return None
        return None if message is None else accepted_id(queue, message)

    def _is_open(self, now: float) -> bool:
        (until,) = UNTIL.unpack_from(self._shared)
        return bool(now < until) and os.getppid() == self._main_pid
