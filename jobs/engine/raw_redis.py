"""Single commands to Redis, over connections of redis-py without its client.

The client, taken from Celery's pool, needs five times the CPU for each command.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis


@dataclass(frozen=True)
class OpenConnection:
    """A connection of kombu, the one of redis-py in it, and the prefix that kombu gives each key.

    `pid` is the process that opened it: a forked process must not use the sockets of its parent.
    """

    kombu: Any
    redis: Any
    prefix: str
    pid: int


class RawConnections:
    """The connections of a process to Redis, opened on demand and kept for later commands.

    `connect` returns a connection of kombu. One thread at a time uses a connection.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._idle: list[OpenConnection] = []

    def send(self, name: str, key: str, *values: str | bytes) -> Any:
        """Send a command with `key` as its first argument, and return the answer of Redis.

        A kept connection may have been closed by Redis since its last use, or lead to a master that
        is a replica now. Then all kept ones are dropped, and the command is sent once more over a
        new one: it may be executed twice.

        Raises: kombu's OperationalError, RedisError, OSError.
        """
        if kept := self._take_idle():
            try:
                return self._answer(kept, name, key, *values)
            except (redis.ConnectionError, redis.ReadOnlyError):
                self._idle.clear()
            except redis.TimeoutError:  # its host may be gone: the others would time out as well
                self._idle.clear()
                raise
        return self._answer(self._open(), name, key, *values)

    def _take_idle(self) -> OpenConnection | None:
        while self._idle:
            try:
                found = self._idle.pop()
            except IndexError:  # another thread has taken it
                return None
            if found.pid == os.getpid():
                return found
        return None

    def _open(self) -> OpenConnection:
        opened = self._connect()
        channel = opened.default_channel
        connection = channel.client.connection_pool.get_connection()
        return OpenConnection(opened, connection, channel.global_keyprefix, os.getpid())

    def _answer(self, opened: OpenConnection, name: str, key: str, *values: str | bytes) -> Any:
        command = _packed(name, f"{opened.prefix}{key}", *values)
        try:
            opened.redis.send_packed_command([command], check_health=False)
            answer = opened.redis.read_response()
        except BaseException as error:  # a late answer would be read as that of the next command
            opened.redis.disconnect()
            if isinstance(error, ValueError | OverflowError):  # not Redis's protocol
                raise redis.InvalidResponse(str(error)) from error
            raise
        self._idle.append(opened)
        return answer


def _packed(*parts: str | bytes) -> bytes:
    """Return a command in the protocol of Redis: an array of strings with their lengths."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(one), one) for one in encoded)
