"""Single commands to Redis, past redis-py's client.

That client, from Celery's pool, needs five times the CPU for each command.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis


@dataclass(frozen=True)
class Opened:
    """A connection: kombu's, redis-py's in it, and what is in front of each key.

    `pid` is the process that opened it.
    """

    kombu: Any
    redis: Any
    prefix: str
    pid: int


class RawConnections:
    """The connections of a process, each used by one thread at a time and kept after that.

    `connect` returns a connection of kombu. They are opened at their first use, so that a forked
    process shares none with its parent.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._idle: list[Opened] = []

    def send(self, name: str, key: str, *values: str | bytes) -> Any:
        """Send the command about `key`, without its prefix, and return the answer.

        Redis may have closed a connection since its last use. Then the command is sent once more,
        over a new one: it may have been executed twice.

        Raises: kombu's OperationalError, RedisError, OSError.
        """
        if kept := self._kept():
            try:
                return self._answer(kept, name, key, *values)
            except redis.ConnectionError:
                self._idle.clear()
        return self._answer(self._open(), name, key, *values)

    def _kept(self) -> Opened | None:
        while self._idle:
            try:
                found = self._idle.pop()
            except IndexError:  # another thread has taken it
                return None
            if found.pid == os.getpid():
                return found
        return None

    def _open(self) -> Opened:
        opened = self._connect()
        channel = opened.default_channel
        connection = channel.client.connection_pool.get_connection()
        return Opened(opened, connection, channel.global_keyprefix, os.getpid())

    def _answer(self, opened: Opened, name: str, key: str, *values: str | bytes) -> Any:
        command = _packed(name, f"{opened.prefix}{key}", *values)
        try:
            opened.redis.send_packed_command([command], check_health=False)
            answer = opened.redis.read_response()
        except BaseException:  # an answer that comes later would be taken for the next one's
            opened.redis.disconnect()
            raise
        self._idle.append(opened)
        return answer


def _packed(*parts: str | bytes) -> bytes:
    """Return a command as Redis reads it: an array of strings with their lengths."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(one), one) for one in encoded)
