"""Talks to the broker, alone: publishes jobs, asks how deep a queue is, and refuses fast while Redis is away."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import redis
from celery import current_app
from kombu.exceptions import OperationalError

from jobs.lifecycle import TASK
from jobs.models import Job

FAILURES_BEFORE_OPEN = 2
OPEN_SECONDS = 5.0


class BrokerUnavailable(Exception):
    """Redis did not take the message, or did not say so in time."""

    retry_after_seconds = 5


class Breaker:
    """Refuses at once for a while after repeated failures, so that a hung Redis does not hold every web thread.

    One for each process. After OPEN_SECONDS a single caller may probe; the others go on being refused.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_again_at = 0.0

    def reset(self) -> None:
        """Forget every failure, as one success does."""
        with self._lock:
            self._failures = 0

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run a broker call under the breaker.

        Raises: BrokerUnavailable, at once while it is open, or when the call fails.
        """
        self._enter()
        try:
            yield
        except (OperationalError, redis.exceptions.RedisError, OSError) as error:
            self._failed()
            raise BrokerUnavailable(str(error)) from error
        self.reset()

    def _enter(self) -> None:
        with self._lock:
            if self._failures < FAILURES_BEFORE_OPEN:
                return
            if time.monotonic() < self._closed_again_at:
                raise BrokerUnavailable("refused after repeated failures")
            self._closed_again_at = time.monotonic() + OPEN_SECONDS  # this caller probes

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._closed_again_at = time.monotonic() + OPEN_SECONDS


breaker = Breaker()


def publish(jobs: Iterable[Job]) -> None:
    """Tell the workers that the jobs wait, over one connection; a message holds the id and nothing else.

    Raises: BrokerUnavailable; any of the messages may have arrived all the same.
    """
    with breaker.guard(), current_app.producer_or_acquire() as producer:
        for job in jobs:
            current_app.send_task(TASK, task_id=str(job.id), queue=job.queue, retry=False, producer=producer)


def queue_depth(queue: str) -> int:
    """How many messages wait in `queue`.

    Raises: BrokerUnavailable.
    """
    with breaker.guard(), current_app.connection_for_write() as connection:
        return int(connection.default_channel.client.llen(queue))
