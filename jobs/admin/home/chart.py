"""A chart of counts per hour, measured here and drawn by a template as SVG, coloured by CSS classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from jobs.models import Status

HOURS = 24
WIDTH, HEIGHT = 720, 140
STEP = WIDTH / HOURS
GAP = 6


@dataclass(frozen=True)
class Bar:
    """One rectangle: a status in an hour."""

    status: Status
    count: int
    x: str
    y: str
    height: str


@dataclass(frozen=True)
class Hour:
    """An hour as the chart and its table have it."""

    at: datetime
    counts: list[int]
    bars: list[Bar]


@dataclass(frozen=True)
class Chart:
    """24 hours of stacked bars; `top` is what the highest one counts."""

    statuses: list[Status]
    hours: list[Hour]
    top: int
    width: int = WIDTH
    height: int = HEIGHT
    bar_width: str = f"{STEP - GAP:.1f}"

    @classmethod
    def of_last_day(
        cls, counts: Mapping[datetime, Mapping[str, int]], statuses: Sequence[Status]
    ) -> "Chart":
        """A chart of the last 24 hours, the present one last."""
        now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
        moments = [now - timedelta(hours=back) for back in reversed(range(HOURS))]
        by_hour = [[counts.get(at, {}).get(status, 0) for status in statuses] for at in moments]
        top = max(map(sum, by_hour))
        hours = [
            Hour(at, numbers, _bars(number, numbers, statuses, top))
            for number, (at, numbers) in enumerate(zip(moments, by_hour, strict=True))
        ]
        return cls(list(statuses), hours, top)

    @property
    def labelled(self) -> list[Hour]:
        """The hours whose time is written below, each at the end of its sixth of the day."""
        return self.hours[3::4]

    @property
    def totals(self) -> list[tuple[Status, int]]:
        """What each status counts over the day."""
        return [
            (status, sum(hour.counts[index] for hour in self.hours))
            for index, status in enumerate(self.statuses)
        ]


def _bars(number: int, counts: Sequence[int], statuses: Sequence[Status], top: int) -> list[Bar]:
    """The counts of an hour, stacked from the ground; what is not nothing can be seen."""
    bars, ground = [], float(HEIGHT)
    for status, count in zip(statuses, counts, strict=True):
        if count:
            height = max(2.0, count / top * (HEIGHT - 8))
            ground -= height
            bars.append(
                Bar(
                    status,
                    count,
                    f"{number * STEP + GAP / 2:.1f}",
                    f"{ground:.1f}",
                    f"{height:.1f}",
                )
            )
    return bars
