"""A cache in a web process, for values that the next requests would compute again."""

import time
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class TimedCache(Generic[Value]):
    """Values by their keys, each for a time of its own; at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: dict[Hashable, tuple[float, Value]] = {}

    def get(self, key: Hashable) -> Value | None:
        """Return the value; None if there is none or it has expired."""
        expires, value = self._values.get(key, (0.0, None))
        return value if expires > time.monotonic() else None

    def put(self, key: Hashable, value: Value, seconds: float) -> None:
        """Store the value for so many seconds."""
        if len(self._values) >= self._limit:
            self._drop_expired()
        self._values[key] = time.monotonic() + seconds, value

    def clear(self) -> None:
        """Drop all values."""
        self._values.clear()

    def _drop_expired(self) -> None:
        """Drop the expired values; all of them if none has expired."""
        now = time.monotonic()
        left = {key: entry for key, entry in list(self._values.items()) if entry[0] > now}
        self._values = left if len(left) < self._limit else {}
