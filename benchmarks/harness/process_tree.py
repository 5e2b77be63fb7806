"""CPU time and memory of a process and its descendants, read from /proc."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def pids(root: int) -> Iterator[int]:
    """Yield `root` and the pids of its living descendants, parents first."""
    yield root
    with contextlib.suppress(OSError):  # it ended while its children were listed
        for task in Path(f"/proc/{root}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from pids(int(child))


def cpu_seconds(root: int, *, own: bool = False) -> float:
    """CPU seconds of the tree, those of its ended and reaped children included.

    With `own`, of the process `root` alone.
    """
    return sum(_cpu_ticks(pid) for pid in ([root] if own else pids(root))) / TICKS_PER_SECOND


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # it ended since it was listed; its parent has its time now
        return 0
    return sum(int(ticks) for ticks in fields[11:15])  # utime, stime, cutime, cstime


def pss_bytes(root: int) -> int:
    """Proportional set size of the tree: a page that n processes share counts as 1/n in each."""
    return sum(pss_of_one(pid) for pid in pids(root))


def pss_of_one(pid: int) -> int:
    """Proportional set size of one process."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


@contextlib.contextmanager
def frozen(roots: list[int]) -> Iterator[None]:
    """Keep these trees stopped (SIGSTOP) while the block runs."""
    stopped = [pid for root in roots for pid in pids(root)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)
