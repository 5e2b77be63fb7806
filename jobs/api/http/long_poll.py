"""Long-poll: requests that wait for a job's status to change, watched for all of them by one thread a process."""

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

SECONDS_LIMIT = 30
# Long polls cost at most four queries a second in all, those of callers who come back included;
# while some are turned away, it is they who come back.
TICK_SECONDS = 0.3
CROWDED_TICK_SECONDS = 1
# They come back one after the other, so that a crowd costs no more for being larger; within a
# minute, all the same.
TURN_SECONDS, TURNS_WITHIN_SECONDS = 2, 60

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Waiter:
    """A request that waits until the job's status is no longer `status`."""

    job_id: UUID
    status: str
    changed: threading.Event = field(default_factory=threading.Event)


class Watcher:
    """Asks for all jobs that callers wait for in one query, three times a second; once while it is crowded."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._waiters: set[Waiter] = set()
        self._thread: threading.Thread | None = None
        self._outage = Outage(logger, "Long polls wait on", using=DEFAULT_DB_ALIAS)
        self._last_turn = 0.0  # by time.monotonic: when the last of those turned away comes back

    def wait(self, job: Job, seconds: float) -> int:
        """Return 0 when the job's status is another, or after `seconds`.

        If half the web threads wait, or too many are held otherwise, it returns at once the seconds
        after which the caller has its turn to ask again. The connection to PostgreSQL is given back
        before: waiting must not cost one for each client.
        """
        waiter = Waiter(job.id, job.status)
        with self._lock:
            crowded = len(self._waiters) >= settings.WEB_THREADS // 2
            release = None if crowded else held_threads.hold()
            if release is None:
                return self._next_turn()
            self._waiters.add(waiter)
            self._wake()
        connection.close()
        waiter.changed.wait(seconds)
        release()
        with self._lock:
            self._waiters.discard(waiter)
        return 0

    def _next_turn(self) -> int:
        now = time.monotonic()
        self._last_turn = max(self._last_turn, now) + TURN_SECONDS
        if self._last_turn > now + TURNS_WITHIN_SECONDS:
            self._last_turn = now + TURN_SECONDS
        return math.ceil(self._last_turn - now)

    def _tick_seconds(self) -> float:
        return CROWDED_TICK_SECONDS if self._last_turn > time.monotonic() else TICK_SECONDS

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
                time.sleep(self._tick_seconds())
                continue
            connection.close()
            with self._lock:
                self._lock.wait_for(lambda: self._waiters)

    def _look(self, waiters: list[Waiter]) -> None:
        ids = {waiter.job_id for waiter in waiters}
        try:
            statuses = dict(Job.objects.filter(id__in=ids).values_list("id", "status"))
        except Error as error:  # those who wait ask again by themselves, and learn it then
            self._outage.saw(error)
            connection.close()
            return
        self._outage.over()
        for waiter in waiters:
            if statuses.get(waiter.job_id) != waiter.status:
                waiter.changed.set()


watcher = Watcher()
