"""The chart of the last 24 hours: sizes of its bars. A template draws it as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from jobs.models import Status

HOURS = 24
WIDTH, HEIGHT = 720, 140
HOUR_WIDTH = WIDTH / HOURS
GAP = 6
SPACE_ABOVE = 8
LOWEST_BAR = 2.0  # so that one job among thousands is visible


@dataclass(frozen=True)
class Bar:
    """One rectangle: the jobs of one status in one hour."""

    status: Status
    count: int
    x: str
    y: str
    height: str


@dataclass(frozen=True)
class Hour:
    """One hour, as column of the chart and as row of the table."""

    at: datetime
    counts: list[int]
    bars: list[Bar]


@dataclass(frozen=True)
class Chart:
    """24 hours of stacked bars; `highest` is the largest count of an hour."""

    statuses: list[Status]
    hours: list[Hour]
    highest: int
    width: int = WIDTH
    height: int = HEIGHT
    bar_width: str = f"{HOUR_WIDTH - GAP:.1f}"

    @classmethod
    def of(
        cls, counts: Mapping[datetime, Mapping[str, int]], statuses: Sequence[Status]
    ) -> "Chart":
        """The chart of the last 24 hours, the current one last."""
        # Hours of UTC, as PostgreSQL cuts them: some zones are half an hour off.
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        hours = [now - timedelta(hours=back) for back in reversed(range(HOURS))]
        by_hour = [[counts.get(at, {}).get(status, 0) for status in statuses] for at in hours]
        highest = max(map(sum, by_hour))
        return cls(
            list(statuses),
            [
                Hour(at, numbers, _stacked(index * HOUR_WIDTH, numbers, statuses, highest))
                for index, (at, numbers) in enumerate(zip(hours, by_hour, strict=True))
            ],
            highest,
        )

    @property
    def labelled_hours(self) -> list[Hour]:
        """Every fourth hour, whose time is written below the chart."""
        return self.hours[3::4]

    @property
    def totals(self) -> list[tuple[Status, int]]:
        """The count of each status over the day."""
        return [
            (status, sum(hour.counts[index] for hour in self.hours))
            for index, status in enumerate(self.statuses)
        ]


def _stacked(
    left: float, counts: Sequence[int], statuses: Sequence[Status], highest: int
) -> list[Bar]:
    """The bars of an hour, from the bottom up."""
    bars, bottom = [], float(HEIGHT)
    x = f"{left + GAP / 2:.1f}"
    for status, count in zip(statuses, counts, strict=True):
        if count:
            height = max(LOWEST_BAR, count / highest * (HEIGHT - SPACE_ABOVE))
            bottom -= height
            bars.append(Bar(status, count, x, f"{bottom:.1f}", f"{height:.1f}"))
    return bars
