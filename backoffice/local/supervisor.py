"""Restarts child processes that die, with a back-off for those that die early."""

import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from backoffice.local.processes import CannotRun

RESTART_PAUSES = (0.5, 1, 2, 5, 10, 30)  # seconds; the last one for every further death
QUIET_SECONDS = 60  # after that long a life the back-off begins again


class Child(Protocol):
    """A server or a program, for the supervisor."""

    name: str
    process: subprocess.Popen[bytes] | None

    def start(self) -> object: ...


class Supervisor:
    """Watches running children; `say` gets a sentence for each death and each restart."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self._watched = [Watched(child) for child in children]
        self._say = say

    def look(self) -> bool:
        """Check each child once; return whether one was restarted and so has another pid."""
        restarted = [watched.look(self._say) for watched in self._watched]
        return any(restarted)


class Watched:
    """A child, its number of early deaths, and the time of its next restart."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.deaths = 0
        self.started_at = time.monotonic()
        self.due_at: float | None = None

    def look(self, say: Callable[[str], None]) -> bool:
        now = time.monotonic()
        if self.due_at is not None:
            return now >= self.due_at and self._restart(say)
        status = self.child.process.poll() if self.child.process else None
        if status is not None:
            pause = self._pause(now)
            self.due_at = now + pause
            say(f"{self.child.name} {_exit_text(status)}; it starts again in {pause:g} s.")
        return False

    def _pause(self, now: float) -> float:
        self.deaths = self.deaths + 1 if now - self.started_at < QUIET_SECONDS else 1
        return RESTART_PAUSES[min(self.deaths, len(RESTART_PAUSES)) - 1]

    def _restart(self, say: Callable[[str], None]) -> bool:
        self.due_at = None
        self.started_at = time.monotonic()
        try:
            self.child.start()
        except CannotRun as error:  # its process is dead: the next look finds that
            say(str(error))
            return False
        say(f"{self.child.name} was started again.")
        return True


def _exit_text(status: int) -> str:
    return f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
