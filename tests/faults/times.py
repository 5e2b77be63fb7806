"""How long each fault was seen to last, against what is promised: a table at the end of the run."""

import time
from collections.abc import Callable, Iterable

from tests.faults.stack import wait_until

Time = tuple[str, float, float]  # fault, seconds seen, bound


class Clock:
    """Started when the fault is injected; what it shows goes into the table."""

    def __init__(self, fault: str, bound: float, note: Callable[[Time], None]) -> None:
        self.fault = fault
        self.bound = bound
        self.note = note
        self.started_at = time.monotonic()

    def until(
        self, condition: Callable[[], bool], seen: Callable[[], object] = lambda: "never"
    ) -> None:
        """Poll until true, also past the bound: the table then shows by how much it was missed."""
        wait_until(condition, 2 * self.bound, seen)
        self.saw(time.monotonic() - self.started_at)

    def saw(self, seconds: float) -> None:
        """It took so long; fails if that is too long."""
        self.note((self.fault, seconds, self.bound))
        assert seconds <= self.bound, f"{self.fault}: {seconds:.2f} s instead of {self.bound:g} s"


def table(times: Iterable[Time]) -> list[str]:
    """The worst of each fault, one line each."""
    worst: dict[tuple[str, float], float] = {}
    for fault, seconds, bound in times:
        worst[fault, bound] = max(seconds, worst.get((fault, bound), 0.0))
    return [
        f"{seconds:8.2f} s of {bound:5.1f} s  {'  ' if seconds <= bound else '! '}{fault}"
        for (fault, bound), seconds in worst.items()
    ]
