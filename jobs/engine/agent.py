"""A thread in each worker's main process: keeps the Worker row and the leases of the attempts that run here.

A thread and not a timer of Celery's event loop, which stands still while Redis is away.
"""

import logging
import os
import queue
import socket
import threading
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from celery.signals import worker_ready, worker_shutdown
from celery.worker import state
from django.conf import settings
from django.db import Error, connections
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from jobs import lifecycle, registry
from jobs.engine.lost import end_attempt
from jobs.lifecycle import WORKER_DB
from jobs.models import Worker

logger = logging.getLogger(__name__)

# Made when a worker's main process starts, and inherited by the children it forks.
WORKER_ID = uuid7().hex


def actor() -> str:
    """How this worker signs events."""
    return f"worker {WORKER_ID}"


@dataclass(frozen=True)
class Lost:
    """An attempt whose process ended without a word."""

    job_id: UUID
    pid: int
    message: str


# What the event loop leaves to the agent; None asks it to end.
_inbox: queue.SimpleQueue[Lost | None] = queue.SimpleQueue()


def report_lost(job_id: UUID, pid: int, message: str) -> None:
    """Leave it to the agent to fail the attempt of a dead child; returns at once (called on the event loop)."""
    _inbox.put(Lost(job_id, pid, message))


class Agent(threading.Thread):
    """The thread; one for each worker, which it describes by `slots` and the `queues` it serves."""

    def __init__(self, slots: int, queues: list[str]) -> None:
        super().__init__(name="agent", daemon=True)
        self.slots = slots
        self.queues = queues
        self._unsettled: list[Lost] = []

    def run(self) -> None:
        """Beat until stopped; while the database is away, keep what must still be written."""
        working = True
        while working:
            try:
                self.beat()
            except Error as error:
                logger.warning("PostgreSQL is away, the agent waits: %s", error)
                connections[WORKER_DB].close()
            working = self._wait()
        connections[WORKER_DB].close()

    def _wait(self) -> bool:
        """Until the next beat is due, or something is left to write; False when asked to end."""
        try:
            lost = _inbox.get(timeout=settings.JOBS_HEARTBEAT_SECONDS)
        except queue.Empty:
            return True
        if lost is not None:
            self._unsettled.append(lost)
        return lost is not None

    def beat(self) -> None:
        """Write the Worker row, renew the leases, settle what dead children left."""
        self._write_row()
        if holders := running_attempts():
            lifecycle.renew_leases(holders, worker=WORKER_ID, using=WORKER_DB)
        while self._unsettled:
            _end(self._unsettled[0])
            self._unsettled.pop(0)

    def _write_row(self) -> None:
        Worker.objects.using(WORKER_DB).update_or_create(
            id=WORKER_ID,
            defaults={
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "queues": self.queues,
                "types": [one.slug for one in registry.all()],
                "slots": self.slots,
                "consuming": True,
                "heartbeat_at": Now(),
            },
        )


def _end(lost: Lost) -> None:
    job = lifecycle.held(lost.job_id, worker=WORKER_ID, pid=lost.pid, using=WORKER_DB)
    if job is not None:
        end_attempt(job, code="worker_lost", message=lost.message, actor=actor(), using=WORKER_DB)


def running_attempts() -> dict[UUID, int]:
    """The jobs that run in this worker, with the pids that run them."""
    while True:
        try:
            requests = list(state.active_requests)
            break
        except RuntimeError:  # the WeakSet changed under us
            continue
    return {UUID(one.id): one.worker_pid for one in requests if one.worker_pid}


_agents: list[Agent] = []


@worker_ready.connect
def start(sender: Any, **kwargs: Any) -> None:
    """Begin to beat when the worker consumes; `sender` is its consumer."""
    agent = Agent(sender.pool.limit, sorted(sender.app.amqp.queues.consume_from))
    agent.start()
    _agents.append(agent)


@worker_shutdown.connect
def stop(**kwargs: Any) -> None:
    """End the thread; its worker takes nothing more."""
    while _agents:
        _inbox.put(None)
        _agents.pop().join(timeout=5)
