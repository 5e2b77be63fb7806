"""What an open page of the list shows now, of one statement: its rows, counts and new jobs."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs import registry, stats
from jobs.admin import picture
from jobs.admin.display.numbers import capped_count
from jobs.admin.holds.banner import PageFrame, frame_of
from jobs.admin.job_list import rows
from jobs.admin.job_list.changelist import JobChangeList
from jobs.admin.job_list.live_rows import LiveRow, request_values
from jobs.models import Job
from jobs.stats import Read

UNCOUNTED_SECONDS = 30.0


@dataclass(frozen=True)
class Shown:
    """What the page shows now; None where counting takes too long."""

    rows: Mapping[str, LiveRow]
    tabs: Mapping[str, str] | None
    count: str | None
    new: str | None
    frame: PageFrame


@dataclass
class LiveList:
    """The reads of one page of the list for one user. Composing them costs more than reading."""

    changes: JobChangeList
    is_later_page: bool  # of a list with the newest jobs first: new jobs are on its first page
    own: Mapping[str, Read]
    shared: Mapping[str, Read]
    estimates: Mapping[str, Read] = field(default_factory=lambda: {"loads": stats.loads_read()})
    uncounted_until: float = 0.0

    def read(self, user: Any, tags_by_id: Mapping[str, str], since: str) -> Shown | None:
        """Return what the page with these rows, opened at the id `since`, shows now.

        None on a timeout. One query.
        """
        stale = rows.stale_usual_types(one.slug for one in registry.all())
        values = request_values(tags_by_id)
        own = {name: read.with_values(values) for name, read in self.own.items()}
        if stale:
            own["usual"] = stats.usual_durations_read(stale)
        shared = self.shared if self.is_counted else _only_frame(self.shared)
        found = picture.read_picture(user, own=own, shared=shared, estimates=self.estimates)
        if found is None:
            self.uncounted_until = time.monotonic() + UNCOUNTED_SECONDS
            return None
        reads = {**own, **shared, **self.estimates}
        loaded = {name: read.load(found[name]) for name, read in reads.items()}
        if stale:
            rows.remember_usual_durations(stale, loaded["usual"])
        return self._shown(loaded, [*tags_by_id], since)

    @property
    def is_counted(self) -> bool:
        """Whether the counts are read: not for a while after they took too long."""
        return time.monotonic() > self.uncounted_until

    def _shown(self, found: Mapping[str, Any], ids: Sequence[str], since: str) -> Shown:
        shown_rows = {row.pk: row for row in found["rows"]}
        types = {row.type for row in shown_rows.values()}
        types |= stats.types_of(found["lines"].values(), found["loads"])
        usual = rows.known_usual_durations(types)
        rows.with_estimates(shown_rows.values(), found["lines"], found["loads"], usual)
        for row in shown_rows.values():
            if row.left_as and row.job:
                row.left_as = self._left_as(row.job)
        frame = frame_of(found)
        if "counted" not in found:
            return Shown(shown_rows, None, None, None, frame)
        if self.is_later_page:
            new = _number(sum(id > since for id in found["window"]), "new")
        else:
            new = self._new(found["window"], ids, any(row.left_as for row in shown_rows.values()))
        counted = found["counted"]
        limit = self.changes.paginator.count_limit
        tabs = self.changes.list_tabs.counts(found["tabs"], counted, limit)
        return Shown(shown_rows, tabs, self._count(counted), new, frame)

    def _left_as(self, job: Job) -> str:
        if job.status not in self.changes.filters.statuses:
            return job.status
        return "now acknowledged" if job.acknowledged_at else "no longer matches the filters"

    def _count(self, counted: int) -> str:
        text = capped_count(counted, self.changes.paginator.count_limit)
        return f"{text} job{'' if counted == 1 else 's'}"

    def _new(self, window: Sequence[str], ids: Sequence[str], have_some_left: bool) -> str:
        """How many jobs the page would show that it does not show yet.

        Jobs below its last row come from the next page: they moved up, and are not new.
        """
        shown, per_page = set(ids), self.changes.list_per_page
        is_full = len(shown) >= per_page
        last = max((at for at, id in enumerate(window) if id in shown), default=-1)
        fresh = [at for at, id in enumerate(window) if id not in shown]
        new = sum(at < last or not is_full or last < 0 for at in fresh)
        if new or not have_some_left:
            return _number(new, "new", or_more=new == per_page)
        return _number(len(fresh), "more")


def _only_frame(reads: Mapping[str, Read]) -> Mapping[str, Read]:
    return {name: reads[name] for name in ("attention", "held")}


def _number(count: int, word: str, *, or_more: bool = False) -> str:
    return f"{count}{'+' if or_more else ''} {word}" if count else ""
