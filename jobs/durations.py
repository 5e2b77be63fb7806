"""Durations and times of day as text, written alike on all pages and in the API."""

from datetime import datetime

from django.utils import timezone

# Upper bound in seconds; size and name of the large unit; size and name of the small unit.
UNITS = (
    (3_600, 60, "min", 1, "s"),
    (86_400, 3_600, "h", 60, "min"),
    (float("inf"), 86_400, "d", 3_600, "h"),
)
# Upper bound in seconds, and to how many seconds a longer estimate would be too exact.
ROUNDED_TO = ((60, 1), (600, 10), (86_400, 60), (float("inf"), 3_600))
# As above, for a forecast: its text changes seldom while the time comes nearer.
ROUGH_STEPS = ((60, 10), (600, 60), (3_600, 300), (86_400, 1_800), (float("inf"), 3_600))


def duration(seconds: float) -> str:
    """Return a duration in at most two units: "0.4 s", "12 s", "3 min 05 s", "4 d 06 h"."""
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{min(59, round(seconds))} s"
    large, large_name, small, small_name = next(unit[1:] for unit in UNITS if seconds < unit[0])
    whole, rest = divmod(int(seconds), large)
    return f"{whole} {large_name} {rest // small:02d} {small_name}"


def humanize_seconds(seconds: float) -> str:
    """Return a rounded duration for estimates: "40 s", "3 min", "1 h 24 min"."""
    step = next(step for limit, step in ROUNDED_TO if seconds < limit)
    rounded = max(1, round(seconds / step) * step)
    if rounded < 60:
        return f"{rounded} s"
    return _without_zero(duration(rounded))


def rough_duration(seconds: float) -> str:
    """Return a duration for forecasts that are shown for a while: "20 s", "3 min", "25 min"."""
    step = next(step for limit, step in ROUGH_STEPS if seconds < limit)
    return humanize_seconds(max(step, round(seconds / step) * step))


def limit_duration(seconds: float) -> str:
    """Return a limit as it was set: "0.5 s", "95 s" as "1 min 35 s", "10 min", "1 d"."""
    return f"{seconds:g} s" if seconds < 60 else _without_zero(duration(seconds))


def _without_zero(text: str) -> str:
    """Return a duration of two units without a second one that is 0."""
    return text[: text.index(" 00")] if " 00 " in text else text


def clock(moment: datetime) -> str:
    """Return the time of day with its zone, and the day before it unless that is today."""
    local = timezone.localtime(moment)
    is_today = local.date() == timezone.localdate()
    return f"{local:%H:%M %Z}" if is_today else f"{local:%Y-%m-%d %H:%M %Z}"
