"""Publishes to the broker, and takes from it; refuses fast while Redis is away."""

import json
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from uuid import UUID

import redis
from kombu.exceptions import OperationalError

from jobs.engine.app import app
from jobs.engine.raw_redis import RawConnections
from jobs.errors import BrokerUnavailable
from jobs.lifecycle import TASK
from jobs.models import Job
from jobs.signals import broker_failed

OPEN_SECONDS = 5.0
SLOW_SECONDS = 0.5
CALLS_LIMIT = 10  # calls at a time, and so connections of a process to a Redis that hangs
SLOT_WAIT_SECONDS = 0.5
REFUSED_LIMIT = 100
ID_PLACE = str(UUID(int=0))  # stands for a job's id in the text of a message


class Breaker:
    """A circuit breaker, one for each process: a hung Redis holds no web thread twice.

    It opens after a failure that took long. After OPEN_SECONDS a single caller may probe, while the
    others are still refused. A fast failure costs no time, and the next call may succeed, so it
    does not open the breaker.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(CALLS_LIMIT)
        self._is_open = False
        self._probe_at = 0.0

    def reset(self) -> None:
        """Close the breaker, as after a success: all calls pass."""
        self._is_open = False

    def open(self) -> None:
        """Open the breaker: all calls are refused for OPEN_SECONDS."""
        with self._lock:
            self._is_open = True
            self._probe_at = time.monotonic() + OPEN_SECONDS

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run a broker call under the breaker.

        Raises: BrokerUnavailable, at once while it is open, or when the call fails.
        """
        self._refuse_while_open()
        if not self._slots.acquire(timeout=SLOT_WAIT_SECONDS):
            raise _noted("busy", "all connections to the broker are in use")
        began_at = time.monotonic()
        try:
            self._refuse_while_open(probes=True)  # it may have opened during the wait
            yield
        except (OperationalError, redis.exceptions.RedisError, OSError) as error:
            if time.monotonic() - began_at > SLOW_SECONDS:
                self.open()
            raise _noted("failed", str(error)) from error
        else:
            self.reset()
        finally:
            self._slots.release()

    def _refuse_while_open(self, *, probes: bool = False) -> None:
        with self._lock:
            if not self._is_open:
                return
            if time.monotonic() < self._probe_at:
                raise _noted("paused", "refused after a failure that took long")
            if probes:
                self._probe_at = time.monotonic() + OPEN_SECONDS


def _noted(reason: str, diagnosis: str) -> BrokerUnavailable:
    broker_failed.send_robust(None, reason=reason)
    return BrokerUnavailable(diagnosis)


breaker = Breaker()
redis_connections = RawConnections(lambda: app.connection_for_write())


def publish(jobs: Iterable[Job], *, first: bool = False) -> None:
    """Publish the ids of waiting jobs; a message holds nothing else.

    They are taken in the order of `jobs`, after the messages that wait; with `first` before them.
    One command for each queue. Celery's own send_task takes 0.5 ms of CPU a message more.

    Raises: BrokerUnavailable; any of the messages may have arrived nevertheless.
    """
    messages: dict[str, list[str]] = {}
    for job in jobs:
        messages.setdefault(job.queue, []).append(_message(job.id, job.queue))
    with breaker.guard():
        for queue, texts in messages.items():
            if first:
                redis_connections.send("RPUSH", queue, *reversed(texts))
            else:
                redis_connections.send("LPUSH", queue, *texts)


def hand_back(job_id: UUID, queue: str) -> None:
    """Put a message that was taken back before all others of its queue.

    Raises: BrokerUnavailable.
    """
    with breaker.guard():
        redis_connections.send("RPUSH", queue, _message(job_id, queue))


def take(queue: str) -> bytes | None:
    """Take the oldest message of `queue`; None if it is empty.

    Raises: BrokerUnavailable; a message may have been taken nevertheless.
    """
    with breaker.guard():
        message: bytes | None = redis_connections.send("RPOP", queue)
    return message


def _message(job_id: UUID, queue: str) -> str:
    return str(job_id).join(_message_parts(queue))


@cache
def _message_parts(queue: str) -> list[str]:
    """Return the text of a message, split where the job's id stands.

    Celery would send the same: a message of its protocol 2, as kombu writes it to Redis.
    """
    properties = {
        "body_encoding": "utf-8",
        "delivery_tag": ID_PLACE,
        "delivery_info": {"exchange": "", "routing_key": queue},
    }
    message = {
        "body": "[[], {}, {}]",
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"lang": "py", "task": TASK, "id": ID_PLACE},
        "properties": properties,
    }
    return json.dumps(message).split(ID_PLACE)


def queue_depth(queue: str) -> int:
    """Return how many messages wait in `queue`.

    Raises: BrokerUnavailable.
    """
    with breaker.guard(), app.connection_for_write() as connection:
        return int(connection.default_channel.client.llen(queue))


def keep_refused(queue: str, message: bytes) -> str:
    """Put a message that is no job's into a list beside its queue; returns the list's key.

    The list has the newest REFUSED_LIMIT, for the program that meant another queue.

    Raises: BrokerUnavailable; the message may be lost then.
    """
    key = f"{queue}:refused"
    with breaker.guard():
        redis_connections.send("LPUSH", key, message)
        redis_connections.send("LTRIM", key, "0", str(REFUSED_LIMIT - 1))
    # With the prefix that kombu gives each key.
    return f"{app.conf.broker_transport_options['global_keyprefix']}{key}"


def queue_depths(queues: Sequence[str]) -> dict[str, int]:
    """Return how many messages wait in each of `queues`; one round trip.

    Raises: BrokerUnavailable.
    """
    with breaker.guard(), app.connection_for_write() as connection:
        pipeline = connection.default_channel.client.pipeline(transaction=False)
        for queue in queues:
            pipeline.llen(queue)
        return dict(zip(queues, map(int, pipeline.execute()), strict=True))
