"""The state of a process that a handler can change: read before the first job, restored after each.

Its parts are listed in system_parts.py and interpreter_parts.py. Each is read before the first job
of the process and again after each job; what differs is restored. Reading all of them takes
0.07 ms of CPU.
"""

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """One part of a process's state; without `restore` only a new process brings it back.

    `read` may return a live object, of which `copy` then makes the copy to compare with.
    """

    name: str
    read: Callable[[], Any]
    restore: Callable[[Any], object] | None = None
    copy: Callable[[Any], Any] = lambda value: value


class ProcessState:
    """The state of this process, as it was when this object was made."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = [(part, part.copy(_read_part(part))) for part in parts]
        self._reads = [part.read for part, _ in self._parts]
        self._before = [before for _, before in self._parts]

    def restore(self) -> list[str]:
        """Restore what has changed; returns the names of the parts that stay different."""
        if self._is_as_before():
            return []
        # One part after the other: to restore blocked signals changes signal handlers.
        return [
            part.name
            for part, before in self._parts
            if _read_part(part) != before and not _try_restore(part, before)
        ]

    def _is_as_before(self) -> bool:
        try:
            return [read() for read in self._reads] == self._before
        except Exception:  # such as of a working directory that was removed
            return False


def _try_restore(part: Part, before: Any) -> bool:
    if part.restore is None:
        return False
    with contextlib.suppress(Exception):
        part.restore(before)
    return bool(_read_part(part) == before)


def _read_part(part: Part) -> Any:
    try:
        return part.read()
    except Exception as error:  # such as of a working directory that was removed
        return type(error)
