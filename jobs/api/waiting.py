"""Long-poll: requests that wait for a job's status to change, watched for all of them by one thread a process."""

import logging
import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import Error, connection

from jobs.models import Job

SECONDS_LIMIT = 30
TICK_SECONDS = 0.25

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Waiter:
    """A request that waits until the job's status is no longer `status`."""

    job_id: UUID
    status: str
    changed: threading.Event = field(default_factory=threading.Event)


class Watcher:
    """Asks for all jobs that somebody waits for in one query, four times a second while anyone waits."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._waiters: set[Waiter] = set()
        self._thread: threading.Thread | None = None

    def wait(self, job: Job, seconds: float) -> None:
        """Return when the job's status is another, or after `seconds`; at once if half the web threads wait.

        The connection to PostgreSQL is given back before: waiting must not cost one for each client.
        """
        waiter = Waiter(job.id, job.status)
        with self._lock:
            if len(self._waiters) >= settings.WEB_THREADS // 2:
                return
            self._waiters.add(waiter)
            self._wake()
        connection.close()
        waiter.changed.wait(seconds)
        with self._lock:
            self._waiters.discard(waiter)

    def _wake(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._watch, name="long-poll", daemon=True)
            self._thread.start()
        self._lock.notify()

    def _watch(self) -> None:
        while True:
            with self._lock:
                waiters = list(self._waiters)
            if waiters:
                self._look(waiters)
                time.sleep(TICK_SECONDS)
                continue
            connection.close()
            with self._lock:
                self._lock.wait_for(lambda: self._waiters)

    def _look(self, waiters: list[Waiter]) -> None:
        ids = {waiter.job_id for waiter in waiters}
        try:
            statuses = dict(Job.objects.filter(id__in=ids).values_list("id", "status"))
        except Error as error:  # whoever waits asks again by itself, and is told then
            logger.warning("PostgreSQL is away, long-polls wait on: %s", error)
            connection.close()
            return
        for waiter in waiters:
            if statuses.get(waiter.job_id) != waiter.status:
                waiter.changed.set()


watcher = Watcher()
