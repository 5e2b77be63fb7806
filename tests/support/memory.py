"""The memory that processes take while something happens."""

from collections.abc import Iterable
from pathlib import Path

MB = 1024


class PeakMemory:
    """Watches the peak of each process from now on. Source: /proc/PID/status."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._before: dict[int, int] = {}
        for pid in pids:
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak is what it takes now
            self._before[pid] = _kilobytes(pid, "VmRSS")

    def growth(self) -> float:
        """The MB by which the processes together rose above what they took at first."""
        peaks = {pid: _kilobytes(pid, "VmHWM") for pid in self._before}
        return sum(peaks[pid] - before for pid, before in self._before.items()) / MB


def _kilobytes(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
