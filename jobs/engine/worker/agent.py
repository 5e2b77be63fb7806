"""A thread in each worker's main process: its Worker row, its leases, cancels, dead children, and its end.

All of it needs PostgreSQL. What must go on without, the time limits, is the thread of deadlines.py.
A thread and not a timer of Celery's event loop, which stands still while Redis is away.
"""

import contextlib
import logging
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.db import Error, connections
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from jobs import lifecycle, registry
from jobs.database import Outage, is_bug
from jobs.engine.lost_attempts import end_attempt
from jobs.engine.worker import processes
from jobs.engine.worker.deadlines import Deadlines
from jobs.engine.worker.fork_safety import conversation
from jobs.engine.worker.processes import Process
from jobs.engine.worker.running import has_lasted, running_attempts
from jobs.lifecycle import WORKER_DB
from jobs.models import Job, Status, Worker, fitted

logger = logging.getLogger(__name__)

# Made when a worker's main process starts, and inherited by the children it forks.
WORKER_ID = uuid7().hex

LOOK_EVERY_SECONDS = 1.0
# With these a worker that stops ends the children whose time is over, perhaps before the agent
# does.
ENDINGS = {"signal 3": "worker_stopped", "signal 15": "worker_stopped"}
STOP_SECONDS = 8.0


def actor() -> str:
    """How this worker signs events."""
    return f"worker {WORKER_ID}"


@dataclass(frozen=True)
class Lost:
    """An attempt whose process ended without a word."""

    job_id: UUID
    pid: int
    message: str
    code: str = "worker_lost"


# What the event loop leaves to the agent; None asks it to end.
_inbox: queue.SimpleQueue[Lost | None] = queue.SimpleQueue()


def report_lost(job_id: UUID, pid: int, message: str) -> None:
    """Leave it to the agent to end the attempt of a dead child; returns at once (called on the event loop)."""
    _inbox.put(Lost(job_id, pid, message))


class Agent(threading.Thread):
    """The thread; one for each worker, which it describes by `slots` and the `queues` it serves."""

    def __init__(
        self, slots: int, queues: list[str], maintain_pool: Callable[[], object] = lambda: None
    ) -> None:
        super().__init__(name="agent", daemon=True)
        self.slots = slots
        self.queues = queues
        self._maintain_pool = maintain_pool
        self._deadlines = Deadlines(lambda: running_attempts().values())
        self._unsettled: list[Lost] = []
        self._beat_due_at = 0.0
        self._unrenewed: Mapping[UUID, int] = {}
        self._outage = Outage(logger, "The agent waits", using=WORKER_DB)
        self._started_by: dict[int, set[Process]] = {}

    def run(self) -> None:
        """Work until asked to end; while the database is away, keep what must still be written."""
        self._deadlines.start()
        working = True
        while working:
            with self._database():
                self._look()
            working = self._wait()
        self._deadlines.stop()
        with self._database():
            self._release()
        with conversation():
            connections[WORKER_DB].close()

    @contextlib.contextmanager
    def _database(self) -> Iterator[None]:
        """Talk to PostgreSQL, and survive its absence or a fault."""
        with conversation():
            try:
                yield
                self._outage.over()
            except Error as error:
                self._outage.saw(error)
                connections[WORKER_DB].close()
            except (
                Exception
            ):  # without this thread every lease would run out, and healthy jobs be rescued
                logger.exception("the agent failed, and goes on")

    def _wait(self) -> bool:
        """Until it is time to look again, or a child died; False when asked to end."""
        try:
            lost = _inbox.get(timeout=min(LOOK_EVERY_SECONDS, settings.JOBS_HEARTBEAT_SECONDS))
        except queue.Empty:
            return True
        if lost is not None:
            self._unsettled.append(lost)
        return lost is not None

    def _look(self) -> None:
        self._maintain_pool()
        holders = running_attempts()
        if time.monotonic() >= self._beat_due_at:
            self._write_row()
            self._unrenewed = holders
            self._beat_due_at = time.monotonic() + settings.JOBS_HEARTBEAT_SECONDS
        self._renew(holders)
        self._unsettled += dead_attempts(holders)
        self._unsettled = [lost for lost in self._unsettled if not self._is_ended(lost)]
        # Most jobs are over before a user could want them stopped: no statement for those.
        if lasting := {
            one: pid for one, pid in holders.items() if has_lasted(pid, LOOK_EVERY_SECONDS)
        }:
            asked = lifecycle.asked_to_stop(lasting, worker=WORKER_ID, using=WORKER_DB)
            self._deadlines.note_asked_to_stop(asked)
        # A killed child's own children live on with another parent: they must be known before.
        self._started_by = {pid: processes.descendants(pid) for pid in lasting.values()}

    def _renew(self, holders: Mapping[UUID, int]) -> None:
        """Renew the leases that are due; a row that is locked now is tried again at the next look."""
        due = {job_id: pid for job_id, pid in self._unrenewed.items() if holders.get(job_id) == pid}
        if due:
            renewed = lifecycle.renew_leases(due, worker=WORKER_ID, using=WORKER_DB)
            self._unrenewed = {job_id: pid for job_id, pid in due.items() if job_id not in renewed}

    def _is_ended(self, lost: Lost) -> bool:
        """End the attempt; False while its row is locked, so that one job does not hold up the others.

        What PostgreSQL will never take is left to upkeep, once the lease has ended.
        """
        processes.kill(self._started_by.get(lost.pid, ()))
        job = lifecycle.held(lost.job_id, worker=WORKER_ID, pid=lost.pid, using=WORKER_DB)
        if job is not None and not self._write_end(job, code=lost.code, message=lost.message):
            return False
        self._deadlines.outcomes.pop((lost.job_id, lost.pid), None)
        return True

    def _write_end(self, job: Job, *, code: str, message: str) -> bool:
        """Write how the attempt ended; False if its row is locked, or no longer shows this attempt."""
        outcome = self._deadlines.outcomes.get((job.id, job.pid or 0))
        fence: dict[str, Any] = {
            "actor": actor(),
            "lease_until": job.lease_until,
            "using": WORKER_DB,
        }
        try:
            if outcome is None:
                ended = end_attempt(job, code=code, message=message, **fence)
            else:
                ended = lifecycle.settle(job.id, outcome, attempt=job.attempt, **fence)
        except Error as error:
            if not is_bug(error):
                raise
            logger.exception(
                "the end of job %s cannot be written; upkeep ends it after its lease", job.id
            )
            return True
        return ended is not None

    def _write_row(self) -> None:
        Worker.objects.using(WORKER_DB).update_or_create(
            id=WORKER_ID,
            defaults={
                **fitted(Worker, host=socket.gethostname()),
                "pid": os.getpid(),
                "queues": self.queues,
                "types": [one.slug for one in registry.all()],
                "slots": self.slots,
                "consuming": True,
                "heartbeat_at": Now(),
            },
        )

    def _release(self) -> None:
        """Give back what this worker still holds: its children end first, so that nothing runs twice."""
        for pid in running_attempts().values():
            _kill_child(pid)
        held = Job.objects.using(WORKER_DB).filter(worker=WORKER_ID, status=Status.PROCESSING)
        for job in held:
            _kill_child(job.pid or 0)
            self._write_end(job, code="worker_stopped", message="The worker was stopped.")
        Worker.objects.using(WORKER_DB).filter(id=WORKER_ID).delete()


def _kill_child(pid: int) -> None:
    process = processes.look(pid)
    if process is not None and process.parent == os.getpid():
        processes.kill([*processes.descendants(pid), process])


def dead_attempts(holders: Mapping[UUID, int]) -> list[Lost]:
    """The attempts whose child died; Celery notices too, but looks only every 5 seconds."""
    return [
        Lost(
            job_id,
            pid,
            f"worker process lost ({process.ending})",
            ENDINGS.get(process.ending, "worker_lost"),
        )
        for job_id, pid in holders.items()
        if (process := processes.look(pid)) is not None and process.ending
    ]


_agents: list[Agent] = []


@worker_ready.connect
def start(sender: Any, **kwargs: Any) -> None:
    """Begin when the worker consumes; `sender` is its consumer."""
    # Celery starts a new child up to 5 seconds after one ended.
    maintain_pool = partial(sender.hub.call_soon, sender.pool.maintain_pool)
    agent = Agent(sender.pool.limit, sorted(sender.app.amqp.queues.consume_from), maintain_pool)
    agent.start()
    _agents.append(agent)


@worker_shutdown.connect
def stop(**kwargs: Any) -> None:
    """End the thread; its worker takes nothing more, and what it holds is given back."""
    while _agents:
        _inbox.put(None)
        _agents.pop().join(timeout=STOP_SECONDS)


@worker_shutting_down.connect
def stop_if_cold(how: str, **kwargs: Any) -> None:
    """A cold shutdown (SIGTERM with REMAP_SIGTERM=SIGQUIT, after its 25 s) sends no worker_shutdown."""
    if how == "Cold":
        stop()
