"""Times and durations as HTML; static/jobs/base/times.js keeps the moving ones moving, in the same words."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

# Upper bound in seconds, size of the big unit, its name, size and name of the small one.
UNITS = (
    (3_600, 60, "min", 1, "s"),
    (86_400, 3_600, "h", 60, "min"),
    (float("inf"), 86_400, "d", 3_600, "h"),
)


def duration(seconds: float) -> str:
    """A length of time in at most two units: "0.4 s", "12 s", "3 min 05 s", "2 h 14 min", "4 d 6 h"."""
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{min(59, round(seconds))} s"
    big, big_name, small, small_name = next(unit[1:] for unit in UNITS if seconds < unit[0])
    whole, rest = divmod(int(seconds), big)
    return f"{whole} {big_name} {rest // small:02d} {small_name}"


def ago(at: datetime) -> str:
    """How long ago, in one unit: "just now", "5 min ago", "3 d ago"."""
    seconds = (timezone.now() - at).total_seconds()
    if seconds < 60:
        return "just now"
    big, name = next((unit[1], unit[2]) for unit in UNITS if seconds < unit[0])
    return f"{int(seconds) // big} {name} ago"


def exact(at: datetime) -> str:
    """A time to the second, in the server's zone."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S %Z")


def moment(at: datetime) -> SafeString:
    """A past time as "5 min ago", the exact one in the tooltip."""
    return format_html(
        '<time datetime="{}" title="{}" data-time="ago">{}</time>',
        at.isoformat(),
        exact(at),
        ago(at),
    )


def clock(at: datetime) -> SafeString:
    """The exact time."""
    return format_html('<time datetime="{}" data-time="exact">{}</time>', at.isoformat(), exact(at))


def time_of_day(at: datetime) -> SafeString:
    """The time of day, for lines that follow each other; the exact one in the tooltip."""
    return format_html(
        '<time datetime="{}" title="{}" data-time="clock">{}</time>',
        at.isoformat(),
        exact(at),
        timezone.localtime(at).strftime("%H:%M:%S"),
    )


def hour(at: datetime) -> SafeString:
    """The hour and minute, for the scale of a chart."""
    return format_html(
        '<time datetime="{}" data-time="hour">{}</time>',
        at.isoformat(),
        timezone.localtime(at).strftime("%H:%M"),
    )


def lasting(start: datetime, end: datetime | None) -> SafeString | str:
    """The time from `start` to `end`; ticking where it has no end yet."""
    words = duration(((end or timezone.now()) - start).total_seconds())
    if end is not None:
        return words
    return format_html('<time datetime="{}" data-time="since">{}</time>', start.isoformat(), words)
