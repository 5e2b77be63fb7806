"""Long polls: requests that wait for a job's status to change.

One thread a process watches the jobs of all of them.
"""

import logging
import math
import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connection

from jobs.database import Outage
from jobs.held_threads import held_threads
from jobs.models import Job

LONGEST_SECONDS = 30
# All long polls together cost at most four queries a second, including those of callers who come
# back. While some are turned away, they are the ones who come back.
TICK_SECONDS = 0.3
CROWDED_TICK_SECONDS = 1
# Callers who were turned away come back one after the other, so that a larger crowd costs no more;
# but each of them within a minute.
RETRY_SPACING_SECONDS, RETRY_WITHIN_SECONDS = 2, 60

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Waiter:
    """A request that waits until the job's status is no longer `status`."""

    job_id: UUID
    status: str
    changed: threading.Event = field(default_factory=threading.Event)


class Watcher:
    """Reads the jobs of all waiters in one query, three times a second; once while crowded."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._waiters: set[Waiter] = set()
        self._thread: threading.Thread | None = None
        self._outage = Outage(logger, "Long polls keep waiting", using=DEFAULT_DB_ALIAS)
        self._last_retry = 0.0  # by time.monotonic: when the last caller turned away comes back

    def wait(self, job: Job, seconds: float) -> int:
        """Return 0 once the job's status has changed, after `seconds`, or if the process stops.

        If half the web threads wait already, or too many are held otherwise, return at once the
        seconds after which the caller may try again. The connection to PostgreSQL is closed before
        the wait, which must not cost one connection a client.
        """
        waiter = Waiter(job.id, job.status)
        with self._lock:
            if held_threads.stopping.is_set():
                return 0
            crowded = len(self._waiters) >= settings.WEB_THREADS // 2
            release = None if crowded else held_threads.hold()
            if release is None:
                return self._next_retry_seconds()
            self._waiters.add(waiter)
            self._wake()
        connection.close()
        waiter.changed.wait(seconds)
        release()
        with self._lock:
            self._waiters.discard(waiter)
        return 0

    def _next_retry_seconds(self) -> int:
        now = time.monotonic()
        self._last_retry = max(self._last_retry, now) + RETRY_SPACING_SECONDS
        if self._last_retry > now + RETRY_WITHIN_SECONDS:
            self._last_retry = now + RETRY_SPACING_SECONDS
        return math.ceil(self._last_retry - now)

    def _tick_seconds(self) -> float:
        return CROWDED_TICK_SECONDS if self._last_retry > time.monotonic() else TICK_SECONDS

    def _wake(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._watch, name="long-poll", daemon=True)
            self._thread.start()
        self._lock.notify()

    def _watch(self) -> None:
        while True:
            stopping = held_threads.stopping.is_set()  # before: later ones do not wait at all
            with self._lock:
                waiters = list(self._waiters)
            if stopping:
                for waiter in waiters:
                    waiter.changed.set()
                return
            if waiters:
                self._check(waiters)
                held_threads.stopping.wait(self._tick_seconds())
                continue
            connection.close()
            with self._lock:
                self._lock.wait_for(lambda: self._waiters)

    def _check(self, waiters: list[Waiter]) -> None:
        ids = {waiter.job_id for waiter in waiters}
        try:
            statuses = dict(Job.objects.filter(id__in=ids).values_list("id", "status"))
        except Error as error:  # the waiters read the job themselves afterwards, and report it
            self._outage.record(error)
            connection.close()
            return
        self._outage.end()
        for waiter in waiters:
            if statuses.get(waiter.job_id) != waiter.status:
                waiter.changed.set()


watcher = Watcher()
