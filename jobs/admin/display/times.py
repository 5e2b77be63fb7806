"""Times and durations as HTML. static/jobs/base/times.js updates them in the same format.

`duration` is that of jobs/durations.py, so that all pages and the API write durations alike.
"""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.durations import UNITS, duration


def ago(at: datetime) -> str:
    """How long ago `at` was, in one unit: "just now", "5 min ago", "3 d ago"."""
    seconds = (timezone.now() - at).total_seconds()
    if seconds < 60:
        return "just now"
    size, name = next((unit[1], unit[2]) for unit in UNITS if seconds < unit[0])
    return f"{int(seconds) // size} {name} ago"


def to_the_second(at: datetime) -> str:
    """Date, time and time zone of `at`, in the server's zone."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S %Z")


def relative_time(at: datetime) -> SafeString:
    """A past time as "5 min ago", with the exact time as tooltip."""
    return format_html(
        '<time datetime="{}" title="{}" data-time="relative">{}</time>',
        at.isoformat(),
        to_the_second(at),
        ago(at),
    )


def exact_time(at: datetime) -> SafeString:
    """Date and time to the second."""
    return format_html(
        '<time datetime="{}" data-time="exact">{}</time>', at.isoformat(), to_the_second(at)
    )


def time_of_day(at: datetime) -> SafeString:
    """The time of day, for the lines of a log, with the exact time as tooltip."""
    return format_html(
        '<time datetime="{}" title="{}" data-time="time-of-day">{}</time>',
        at.isoformat(),
        to_the_second(at),
        timezone.localtime(at).strftime("%H:%M:%S"),
    )


def hour_and_minute(at: datetime) -> SafeString:
    """Hour and minute, for the axis of a chart."""
    return format_html(
        '<time datetime="{}" data-time="hour-and-minute">{}</time>',
        at.isoformat(),
        timezone.localtime(at).strftime("%H:%M"),
    )


def elapsed(start: datetime, end: datetime | None = None) -> SafeString | str:
    """The duration from `start` to `end`; without an end, the browser counts it up."""
    text = duration(((end or timezone.now()) - start).total_seconds())
    if end is not None:
        return text
    return format_html('<time datetime="{}" data-time="elapsed">{}</time>', start.isoformat(), text)
