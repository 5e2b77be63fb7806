"""What an open page shows now: read in one statement, and shared by its viewers for a moment."""

import time
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from jobs import access, stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.timed_cache import TimedCache
from jobs.models import JobQuerySet, Status
from jobs.stats import Load, Read

ATTENTION_CAP = 99
# A bit less than the shortest period of a page, so that none shows figures of two periods ago.
SHARED_SECONDS = 1.5
ESTIMATE_SECONDS = 10.0
# A read that is slow is repeated less often: it takes at most this share of a connection.
BUSY_SHARE = 0.05
TIMEOUT_MILLISECONDS = 500
NO_READER = object()

# By SQL and values: whose request read it, and what was read.
_shared: TimedCache[tuple[Any, Any]] = TimedCache(limit=1_000)


def read_picture(
    user: Any,
    *,
    shared: Mapping[str, Read],
    own: Mapping[str, Read] | None = None,
    estimates: Mapping[str, Read] | None = None,
) -> dict[str, Any] | None:
    """Return the JSON value of each read; None if they took too long. At most one query.

    Viewers with the same rights and filters share what one of them read: the rights are in the SQL.
    A viewer's own request reads anew, except for `estimates`, which are up to 10 s old.
    """
    own, estimates, started = own or {}, estimates or {}, time.monotonic()
    values = _remembered(estimates) | _remembered(shared, but_not_of=user.pk)
    everything = {**own, **shared, **estimates}
    missing = {name: read for name, read in everything.items() if name not in values}
    fresh = stats.read_together(missing, TIMEOUT_MILLISECONDS)
    if fresh is None:
        return None
    lasts = max(SHARED_SECONDS, (time.monotonic() - started) / BUSY_SHARE)
    for name in missing.keys() - own.keys():
        seconds = ESTIMATE_SECONDS if name in estimates else lasts
        _shared.put(missing[name].key, (user.pk, fresh[name]), seconds)
    return values | fresh


def _remembered(reads: Mapping[str, Read], but_not_of: Any = NO_READER) -> dict[str, Any]:
    """Return what others have read lately; with `but_not_of`, not what that account has read."""
    found = {name: _shared.get(read.key) for name, read in reads.items()}
    return {
        name: entry[1]
        for name, entry in found.items()
        if entry is not None and (entry[0] is NO_READER or entry[0] != but_not_of)
    }


def shared_loads() -> list[Load]:
    """Return what the workers run, as of at most 10 s ago; at most one query.

    None of them if it takes too long.
    """
    part = stats.loads_read()
    entry = _shared.get(part.key)
    if entry is None:
        found = stats.read_together({"loads": part}, TIMEOUT_MILLISECONDS)
        if found is None:
            return []
        entry = (NO_READER, found["loads"])
        _shared.put(part.key, entry, ESTIMATE_SECONDS)
    loads: list[Load] = part.load(entry[1])
    return loads


def clear_pictures() -> None:
    """Forget what was read, for tests."""
    _shared.clear()


def unseen_failures(jobs: JobQuerySet) -> JobQuerySet:
    """Return those of `jobs` that failed and are not acknowledged."""
    return jobs.filter(status=Status.FAILED, acknowledged_at=None)


def attention_read(user: Any) -> Read:
    """Return the read that counts the failures of the header, with a cap."""
    return stats.count_read(unseen_failures(access.visible_jobs(user)).order_by(), ATTENTION_CAP)


def attention_text(count: int) -> str:
    """The number of failures in the header and the title; "" if there are none."""
    return capped_count(count, ATTENTION_CAP) if count else ""


def may_have(request: HttpRequest, etag: str) -> bool:
    """Whether the browser has what `etag` names, or does not say what it has."""
    return "HTTP_IF_NONE_MATCH" not in request.META or has_etag(request, etag)


def has_etag(request: HttpRequest, etag: str) -> bool:
    """Whether the browser has what `etag` names; proxies mark ETags as weak."""
    return request.META.get("HTTP_IF_NONE_MATCH", "").removeprefix("W/") == etag
