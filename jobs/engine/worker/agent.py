"""The thread `agent` of a worker's main process: its Worker row, its leases, cancels and crashes.

All of it needs PostgreSQL. Time limits must hold without PostgreSQL, so deadlines.py has a thread
of its own. It is a thread and not a timer of Celery's event loop, which stands still while Redis
is away.
"""

import contextlib
import logging
import os
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

from django.conf import settings
from django.db import Error, connections
from django.db.models.functions import Now

from jobs import alive, lifecycle
from jobs.database import WORKER_DB, Outage
from jobs.engine.worker.crashes import Crashes, crashed_attempts
from jobs.engine.worker.deadlines import Deadlines
from jobs.engine.worker.state import WorkerState
from jobs.models import Worker
from jobs.safe_text import fitted

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
STOP_SECONDS = 8.0


class Agent(threading.Thread):
    """The thread of one worker, which has `slots` pool processes and serves `queues`."""

    def __init__(
        self,
        worker: WorkerState,
        slots: int,
        queues: list[str],
        maintain_pool: Callable[[], object] = lambda: None,
        consume: Callable[[bool], object] = lambda wanted: None,
    ) -> None:
        super().__init__(name="agent", daemon=True)
        self.worker = worker
        self.slots = slots
        self.queues = queues
        self._maintain_pool = maintain_pool
        self._consume = consume
        self._deadlines = Deadlines(worker)
        self.crashes = Crashes(worker, self._deadlines.outcomes)
        self._heartbeat_due_at = 0.0
        self._unrenewed: Mapping[UUID, int] = {}
        self._outage = Outage(logger, "The agent waits", using=WORKER_DB)

    def run(self) -> None:
        """Poll until asked to end; while PostgreSQL is away, keep what must still be written."""
        self._deadlines.start()
        working = True
        while working:
            with self._database():
                self.poll()
            working = self._wait()
        self._deadlines.stop()
        alive.forget_heartbeat()
        with self._database():
            self.crashes.end_all()
            Worker.objects.using(WORKER_DB).filter(id=self.worker.id).delete()
        with self.worker.fork_lock:
            connections[WORKER_DB].close()

    def stop(self) -> None:
        """End the thread, after it has given back what the worker holds."""
        self.worker.crashes.put(None)
        self.join(timeout=STOP_SECONDS)

    @contextlib.contextmanager
    def _database(self) -> Iterator[None]:
        """Use PostgreSQL in this block, and survive an outage or a bug."""
        with self.worker.fork_lock:
            try:
                yield
                self._outage.end()
            except Error as error:
                self._outage.record(error)
                connections[WORKER_DB].close()
            except Exception:  # without this thread leases run out, and healthy jobs are rescued
                logger.exception("the agent failed, and goes on")

    def _wait(self) -> bool:
        """Wait for the next poll or a crash; returns False when asked to end."""
        try:
            seconds = min(POLL_SECONDS, settings.JOBS_HEARTBEAT_SECONDS)
            crash = self.worker.crashes.get(timeout=seconds)
        except queue.Empty:
            return True
        if crash is not None:
            self.crashes.add(crash)
        return crash is not None

    def poll(self) -> None:
        """Do once what this thread does each second."""
        self.worker.backlog.open()
        self._maintain_pool()
        holders = self.worker.running.holders()
        if time.monotonic() >= self._heartbeat_due_at:
            self.write_row()
            alive.note_heartbeat(settings.JOBS_LEASE_SECONDS)
            self._unrenewed = holders
            self._heartbeat_due_at = time.monotonic() + settings.JOBS_HEARTBEAT_SECONDS
        self._renew_leases(holders)
        self.crashes.add(*crashed_attempts(holders))
        self.crashes.note_vanished(holders)
        self.crashes.end()
        # Most jobs are over before a user could want them stopped: no query for those.
        has_lasted = self.worker.running.has_lasted
        lasting = {job: pid for job, pid in holders.items() if has_lasted(pid, POLL_SECONDS)}
        if lasting:
            find = lifecycle.attempts_with_cancel_requested
            requested = find(lasting, worker=self.worker.id, using=WORKER_DB)
            self._deadlines.note_cancel_requests(requested)
        self.crashes.note_descendants(lasting.values())

    def _renew_leases(self, holders: Mapping[UUID, int]) -> None:
        """Renew the leases that are due; a locked row is tried again at the next poll."""
        due = {job: pid for job, pid in self._unrenewed.items() if holders.get(job) == pid}
        if due:
            renewed = lifecycle.renew_leases(due, worker=self.worker.id, using=WORKER_DB)
            self._unrenewed = {job: pid for job, pid in due.items() if job not in renewed}

    def write_row(self) -> None:
        """Write this worker's row and heartbeat, and read whether the worker is to be drained."""
        row, _ = Worker.objects.using(WORKER_DB).update_or_create(
            id=self.worker.id,
            defaults={
                **fitted(Worker, host=socket.gethostname()),
                "pid": os.getpid(),
                "queues": self.queues,
                "types": self.worker.types,
                "slots": self.slots,
                "consuming": not self.worker.backlog.is_drained,
                "heartbeat_at": Now(),
            },
        )
        self._drain(row.drained_at is not None)

    def _drain(self, is_drained: bool) -> None:
        """Take nothing new from now on, or take jobs again, if that changes anything."""
        if is_drained == self.worker.backlog.is_drained:
            return
        self._consume(not is_drained)
        self.worker.backlog.drain(is_drained)
        logger.info("the worker %s", "takes nothing new" if is_drained else "takes jobs again")
        mine = Worker.objects.using(WORKER_DB).filter(id=self.worker.id)
        mine.update(consuming=not is_drained)
