"""The processes of a worker as Linux shows them in /proc, and how they are suspended and killed."""

import contextlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SUSPENDED_WITHIN_SECONDS = 1.0


@dataclass(frozen=True)
class Process:
    """One process; `started` (ticks since boot) tells it from a later one with the same pid.

    `ending` is "" while it lives. After its end it is "signal 9" or "exit code 7", until its
    parent has waited for it.
    """

    pid: int
    parent: int
    state: str
    started: int
    ending: str


def find_process(pid: int) -> Process | None:
    """Return the process `pid`; None if there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the command before it may hold any character
    ending = _ending(int(fields[49])) if fields[0] == "Z" else ""
    return Process(pid, int(fields[1]), fields[0], int(fields[19]), ending)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def descendants(pid: int) -> set[Process]:
    """Return all processes that `pid` started and that still run, in any session."""
    children: dict[int, list[Process]] = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (process := find_process(int(entry))):
            children[process.parent].append(process)
    found: set[Process] = set()
    to_visit = [pid]
    while to_visit:
        for child in children[to_visit.pop()]:
            found.add(child)
            to_visit.append(child.pid)
    return found


def kill(processes: Iterable[Process]) -> None:
    """Kill processes; the next owner of the pid of one that has just ended is not hit."""
    for process in processes:
        now = find_process(process.pid)
        if now is not None and now.started == process.started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)


def suspend(pid: int) -> bool:
    """Suspend the child process `pid`; returns whether it stands still.

    One that is not our child, or does not stand still within a second, runs on.
    """
    process = find_process(pid)
    if process is None or process.ending or process.parent != os.getpid():
        return False
    os.kill(pid, signal.SIGSTOP)
    give_up_at = time.monotonic() + SUSPENDED_WITHIN_SECONDS
    while (process := find_process(pid)) is not None and time.monotonic() < give_up_at:
        if process.state in "Tt":
            return True
        time.sleep(0.01)
    resume(pid)
    return False


def resume(pid: int) -> None:
    """Let a suspended process go on."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
