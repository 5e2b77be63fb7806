"""The worker's Redis transport: it takes the job's id from each message, and nothing else.

Every program that can write to Redis can write into a queue. So each message is rebuilt from its id
before Celery sees it, and one without an id is dropped with a warning. Celery and kombu never
parse the rest.
"""

import contextlib
import json
import logging
from functools import cache, partial, partialmethod
from itertools import count
from queue import Empty
from typing import Any
from uuid import UUID

import redis
from kombu.connection import Connection
from kombu.transport import redis as kombu_redis

from jobs.engine.broker import keep_refused
from jobs.errors import BrokerUnavailable
from jobs.lifecycle import TASK

logger = logging.getLogger(__name__)

RECONNECT_SECONDS = 2.0
MESSAGE_BYTES_LIMIT = 64 * 1024  # a job's message has about 1 KiB
LOGGED_BYTES = 100
WRONG_TYPE = "WRONGTYPE"
VARIABLE = "<variable>"
# Delivery tags, which kombu compares within one channel.
_tags = count()


def job_id(message: bytes) -> UUID | None:
    """Return the job's id in a message; None if the message is not a job's."""
    if len(message) > MESSAGE_BYTES_LIMIT:
        return None
    try:
        headers = json.loads(message)["headers"]
        return UUID(headers["id"]) if headers["task"] == TASK else None
    except Exception:  # any bytes may arrive, and fail in any way
        return None


def accepted_id(queue: str, message: bytes) -> UUID | None:
    """Return the job's id in a message; one without an id is refused with a warning."""
    if (job := job_id(message)) is None:
        _refuse(queue, message)
    return job


def _refuse(queue: str, message: bytes) -> None:
    """Drop a message from its queue; unless it is large, another list in Redis keeps it."""
    place = ""
    if len(message) <= MESSAGE_BYTES_LIMIT:
        with contextlib.suppress(BrokerUnavailable):
            place = f" into the list {keep_refused(queue, message)}"
    what = (queue, place, len(message), message[:LOGGED_BYTES])
    logger.warning("a message in queue %s is no job's, and is dropped%s: %d bytes, %r", *what)


def rebuilt(job: UUID, queue: str) -> str:
    """Return a job's message as Celery gets it: what kombu needs, without options of the task."""
    before, between, after = _template(queue)
    return f"{before}{job}{between}{next(_tags)}{after}"


@cache
def _template(queue: str) -> list[str]:
    """Return the JSON of a message around its id and its tag, which differ."""
    properties = {
        "body_encoding": "utf-8",
        "delivery_tag": VARIABLE,
        "delivery_info": {"exchange": "", "routing_key": queue},
    }
    message = {
        "body": "[[], {}, {}]",
        "content-type": "application/json",
        "content-encoding": "utf-8",
        # Without `headers` in the headers Celery looks for custom ones in each message.
        "headers": {"lang": "py", "task": TASK, "id": VARIABLE, "headers": {}},
        "properties": properties,
    }
    return json.dumps(message).split(VARIABLE)


class JobClient(kombu_redis.PrefixedStrictRedis):
    """The Redis client of a channel; BRPOP answers with rebuilt messages only."""

    def parse_response(self, connection: Any, command_name: str | bytes, **options: Any) -> Any:
        """Return a command's response; a dropped message is None, as if BRPOP had found nothing."""
        parse = super().parse_response
        # redis-py has no annotations here.
        response = parse(connection, command_name, **options)  # type: ignore[no-untyped-call]
        if command_name != "BRPOP" or not response:
            return response
        key, message = response
        queue = key.decode().partition(kombu_redis.Channel.sep)[0]
        job = accepted_id(queue, message)
        return None if job is None else (key, rebuilt(job, queue))


class JobChannel(kombu_redis.Channel):
    """A channel that keeps the messages it has not started in memory; upkeep replaces lost ones."""

    # With it kombu would requeue, unchecked and at any worker's start, what the hash `unacked` in
    # Redis holds.
    ack_emulation = False
    # Messages have no priority: three of the four keys that kombu reads for each queue would hold
    # forged messages only.
    priority_steps = (0,)  # type: ignore[assignment]  # kombu infers a list from its default

    def _brpop_read(self, **options: Any) -> Any:
        """Read one message; delete a queue that is not a list: Redis would refuse every read."""
        try:
            # kombu has no types.
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except redis.ResponseError as error:
            if not str(error).startswith(WRONG_TYPE):
                raise
            self._delete_other_kinds()
            raise Empty from error

    def _delete_other_kinds(self) -> None:
        with self.conn_or_acquire() as client:
            for queue in self.active_queues:
                # kombu puts the prefix before the key of DEL, and not of TYPE.
                kind = client.type(self.global_keyprefix + queue).decode()
                if kind not in ("list", "none"):
                    client.delete(queue)
                    message = "queue %s was a %s instead of a list, and is deleted"
                    logger.warning(message, queue, kind)

    def _get_client(self) -> partial[JobClient]:
        return partial(JobClient, global_keyprefix=self.global_keyprefix)

    def _queue_bind(self, *args: Any) -> None:
        """Bind no queue: jobs are published past kombu's exchanges, whose bindings are in Redis."""

    def _restore(self, message: Any, leftmost: bool = False) -> None:
        # At the end from which workers read: the job has waited its turn.
        queue = message.delivery_info["routing_key"]
        with contextlib.suppress(*self.connection_errors), self.conn_or_acquire() as client:
            client.rpush(queue, rebuilt(message.headers["id"], queue))


class JobTransport(kombu_redis.Transport):
    """Redis, read through JobChannel."""

    Channel = JobChannel


class SentinelJobChannel(JobChannel, kombu_redis.SentinelChannel):
    """The same at the master that Redis Sentinel names."""


class SentinelJobTransport(kombu_redis.SentinelTransport):
    """Redis behind Sentinel, read through SentinelJobChannel."""

    Channel = SentinelJobChannel


class JobConnection(Connection):
    """A worker's connection: it reads through JobTransport, and tries a lost Redis every 2 s.

    kombu's own back-off grows to 30 s, and work would resume that much later.
    """

    ensure_connection = partialmethod(
        Connection.ensure_connection, interval_start=RECONNECT_SECONDS, interval_step=0
    )

    def get_transport_cls(self) -> type[kombu_redis.Transport]:
        """Use our transports for the schemes of redis_server.py."""
        return SentinelJobTransport if self.transport_cls == "sentinel" else JobTransport
