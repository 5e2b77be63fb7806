"""The groups of failures to review, each with what the user may do to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from jobs import access, explain, registry, stats
from jobs.admin_site import admin_url
from jobs.filters import NO_FINGERPRINT
from jobs.models import Status
from jobs.stats import GLANCE, FailureGroup, Read

GROUPS_SHOWN = 8
DAYS_SHOWN = 7
NEW_FOR = timedelta(days=1)
BAR_WIDTH, BARS_HEIGHT = 8, 24


@dataclass(frozen=True)
class DayBar:
    """The failures of one day as a bar: its place and height in pixels."""

    at: datetime
    count: str
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class GroupRow:
    """A group of failures on the home page; `query` are the filters of its jobs in the list."""

    type: str
    code: str
    title: str
    message: str
    count: str
    is_new: bool
    first_seen: datetime
    last_seen: datetime
    bars: list[DayBar]
    days: str
    query: str


def visible_groups_read(user: Any) -> Read:
    """Return the read of the groups that `user` sees."""
    visible = access.visible_jobs(user)
    history = visible.filter(status=Status.FAILED).exclude(fingerprint="").order_by()
    if not access.sees_all_jobs(user):
        history = history.order_by("-id")[:GLANCE]
    return stats.failure_groups_read(visible, history, _starts_of_days(), limit=GROUPS_SHOWN)


def group_rows(groups: Iterable[FailureGroup]) -> list[GroupRow]:
    """Return the rows of the groups, those that failed last first."""
    days = _starts_of_days()
    return [_group_row(group, days) for group in groups]


def _group_row(group: FailureGroup, days: Sequence[datetime]) -> GroupRow:
    first_line = next(iter(group.message.strip().splitlines()), "")
    bars = _bars(group.days, days)
    return GroupRow(
        type=group.type,
        code=group.error_code,
        title=explain.error_name(group.error_code, group.error_type),
        message=first_line,
        count=f"{group.count:,}{'' if group.is_complete else '+'}",
        is_new=timezone.now() - group.first_seen < NEW_FOR,
        first_seen=group.first_seen,
        last_seen=group.last_seen,
        bars=bars,
        days=", ".join(f"{bar.at:%a} {bar.count}" for bar in bars),
        query=urlencode(_filters(group)),
    )


def _filters(group: FailureGroup) -> dict[str, str]:
    filters = {"status": Status.FAILED.value, "unseen": "on"}
    if group.fingerprint:
        return filters | {"fingerprint": group.fingerprint}
    filters |= {"fingerprint": NO_FINGERPRINT, "error_code": group.error_code}
    if registry.find(group.type):
        filters["type"] = group.type
    return filters | ({"error_type": group.error_type} if group.error_type else {})


def _starts_of_days() -> list[datetime]:
    """The starts of the last days in the reader's zone, today's last, and its end."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    zone = timezone.get_current_timezone()
    dates = [today.date() + timedelta(days=number) for number in range(1 - DAYS_SHOWN, 2)]
    return [datetime(one.year, one.month, one.day, tzinfo=zone) for one in dates]


def _bars(counts: Sequence[int], days: Sequence[datetime]) -> list[DayBar]:
    highest = max(counts, default=0)
    bars = []
    for number, (count, at) in enumerate(zip(counts, days, strict=False)):
        height = max(2, round(count / highest * BARS_HEIGHT)) if count else 1
        more = "+" if count == stats.DAY_CAP else ""
        y = BARS_HEIGHT - height
        bars.append(DayBar(at, f"{count}{more}", number * BAR_WIDTH, y, height))
    return bars


def review_address(**filters: str) -> str:
    """Return the address of the list of failures to review."""
    query = {"status": Status.FAILED.value, "unseen": "on", **filters}
    return f"{admin_url('jobs_job_changelist')}?{urlencode(query)}"
