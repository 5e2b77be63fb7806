"""Starts a child process again when it dies, after a pause that grows with every early death."""

import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from backoffice.local.processes import Unavailable

PAUSES = (0.5, 1, 2, 5, 10, 30)  # seconds; the last one for every further death
QUIET_SECONDS = 60  # who lived that long starts with the shortest pause again


class Child(Protocol):
    """What can be supervised: a server or a program."""

    name: str
    process: subprocess.Popen[bytes] | None

    def start(self) -> object: ...


class Supervisor:
    """Watches children that already run; `say` gets a sentence for each death and each new start."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self._watched = [Watched(child) for child in children]
        self._say = say

    def look(self) -> bool:
        """Look once at every child; whether one was started again, and so has another pid."""
        started_again = [watched.look(self._say) for watched in self._watched]
        return any(started_again)


class Watched:
    """One child, how often it died of late, and when it is due to start again."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.deaths = 0
        self.started_at = time.monotonic()
        self.due_at: float | None = None

    def look(self, say: Callable[[str], None]) -> bool:
        now = time.monotonic()
        if self.due_at is not None:
            return now >= self.due_at and self._start_again(say)
        status = self.child.process.poll() if self.child.process else None
        if status is not None:
            pause = self._pause(now)
            self.due_at = now + pause
            say(f"{self.child.name} {_how_it_ended(status)}; it starts again in {pause:g} s.")
        return False

    def _pause(self, now: float) -> float:
        self.deaths = self.deaths + 1 if now - self.started_at < QUIET_SECONDS else 1
        return PAUSES[min(self.deaths, len(PAUSES)) - 1]

    def _start_again(self, say: Callable[[str], None]) -> bool:
        self.due_at = None
        self.started_at = time.monotonic()
        try:
            self.child.start()
        except Unavailable as error:  # its process is dead: the next look sees that
            say(str(error))
            return False
        say(f"{self.child.name} was started again.")
        return True


def _how_it_ended(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
