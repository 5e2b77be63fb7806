"""Periods in words, such as yesterday, in the current time zone: in the admin, the reader's."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from jobs import parameters
from jobs.filters.fields import MomentField

PERIOD_LABELS = {
    "today": "Today",
    "yesterday": "Yesterday",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "month": "This month",
    "last-month": "Last month",
}
# The filters that name a period, and the first part of the names of those with its ends.
PERIOD_FILTERS = {"created": "created", "ended": "finished"}
ONE_DAY = timedelta(days=1)


def period_ends(name: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the first moment of a period of PERIOD_LABELS, and the first one after it."""
    today = timezone.localdate(now)
    tomorrow, month = today + ONE_DAY, today.replace(day=1)
    first, after = {
        "today": (today, tomorrow),
        "yesterday": (today - ONE_DAY, today),
        "7d": (tomorrow - 7 * ONE_DAY, tomorrow),
        "30d": (tomorrow - 30 * ONE_DAY, tomorrow),
        "month": (month, tomorrow),
        "last-month": ((month - ONE_DAY).replace(day=1), month),
    }[name]
    return _midnight(first), _midnight(after)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def with_fixed_times(query: MultiValueDict[str, str], now: datetime) -> Any:
    """Return valid filters with all times as moments: in a job, yesterday is another day.

    Also, a job reads times without a zone in the server's zone.
    """
    fixed = query.copy()
    for period_name, stem in PERIOD_FILTERS.items():
        if (name := query.get(period_name)) in PERIOD_LABELS:
            del fixed[period_name]
            start, end = period_ends(name, now)
            _narrow_bound(fixed, f"{stem}_after", start, max)
            _narrow_bound(fixed, f"{stem}_before", end, min)
    for name in [one for one in fixed if one.endswith(("_after", "_before"))]:
        fixed[name] = parameters.moment_text(MomentField().clean(fixed[name]))
    return fixed


def _narrow_bound(query: Any, name: str, at: datetime, choose: Any) -> None:
    given = MomentField(required=False).clean(query.get(name))
    query[name] = parameters.moment_text(choose(at, given) if given else at)
