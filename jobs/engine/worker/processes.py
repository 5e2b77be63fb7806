"""The worker's processes as Linux shows them in /proc: what they started, whether they stand still."""

import contextlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

STANDSTILL_SECONDS = 1.0


@dataclass(frozen=True)
class Process:
    """One process; `started` (ticks since boot) tells it from a later one with the same pid.

    `ending` is "" while it lives, and "signal 9" or "exit code 7" until its parent has taken note
    of its end.
    """

    pid: int
    parent: int
    state: str
    started: int
    ending: str


def look(pid: int) -> Process | None:
    """The process `pid`; None if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the command before it may hold anything
    ending = _ending(int(fields[49])) if fields[0] == "Z" else ""
    return Process(pid, int(fields[1]), fields[0], int(fields[19]), ending)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def descendants(pid: int) -> set[Process]:
    """All that `pid` started and that still runs, in any session."""
    children: dict[int, list[Process]] = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (process := look(int(entry))):
            children[process.parent].append(process)
    found: set[Process] = set()
    to_visit = [pid]
    while to_visit:
        for child in children[to_visit.pop()]:
            found.add(child)
            to_visit.append(child.pid)
    return found


def kill(processes: Iterable[Process]) -> None:
    """End processes at once; one that has just ended is not mixed up with its pid's next owner."""
    for process in processes:
        now = look(process.pid)
        if now is not None and now.started == process.started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)


def freeze(pid: int) -> bool:
    """Stop our child `pid` where it stands; False, and it runs on, if it is not ours or does not stand still."""
    process = look(pid)
    if process is None or process.ending or process.parent != os.getpid():
        return False
    os.kill(pid, signal.SIGSTOP)
    give_up_at = time.monotonic() + STANDSTILL_SECONDS
    while (process := look(pid)) is not None and time.monotonic() < give_up_at:
        if process.state in "Tt":
            return True
        time.sleep(0.01)
    thaw(pid)
    return False


def thaw(pid: int) -> None:
    """Let a frozen child go on."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
