"""The rows of an open page: what their estimates need, and the jobs that are newer than shown."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet

from jobs import stats
from jobs.admin.display.live_cells import HAS_LEFT
from jobs.models import Job, JobQuerySet, Status
from jobs.stats import Read

# Placeholders among the values of a read; each request has its own. They are replaced by arrays as
# text: quoting each id took longer than all else that the web does for an unchanged row.
IDS = object()
VERSIONS = object()
LEFT_ONES = object()
# In the tags of a row: the version that the page shows, and whether as left. No version is longer.
SHOWN = re.compile(rf"([0-9]{{1,9}})({HAS_LEFT}?)\.")


@dataclass(slots=True)
class LiveRow:
    """A row of the page, with the attributes of a JobRow that its estimate needs.

    `job` is None if the page shows its present version. `left_as` of a row that left the list is
    HAS_LEFT; the list sets the text for people where it sends the job.
    """

    pk: str
    version: int
    status: str
    type: str
    queue: str
    parked_by: str
    started_at: datetime | None
    left_as: str
    job: Job | None
    finished_at: None = None  # of those that have an estimate
    usual: Any = None
    ahead: int | None = None
    start_seconds: float | None = None
    is_slow: bool = False

    def newest(self) -> Any:
        """Return the job, with the row's estimates set on it; the row if the page is up to date."""
        if self.job is None:
            return self
        for name in ("usual", "ahead", "start_seconds", "is_slow", "left_as"):
            setattr(self.job, name, getattr(self, name))
        return self.job


def request_values(tags_by_id: Mapping[str, str]) -> dict[object, str]:
    """Return what replaces the placeholders, for a page that shows rows with these tags."""
    shown = [SHOWN.match(tags) for tags in tags_by_id.values()]
    return {
        IDS: _array(tags_by_id),
        VERSIONS: _array(one[1] if one else "0" for one in shown),
        LEFT_ONES: _array("t" if one and one[2] else "f" for one in shown),
    }


def live_rows_read(jobs: JobQuerySet, matching: JobQuerySet | None) -> Read:
    """Return the read of the rows with IDS, as LiveRows; the job itself only if it has changed.

    `jobs` are those that the reader may see, `matching` those that match the filters of the list;
    None if it has none.
    """
    sql, values = jobs.query.sql_with_params()
    has_left, more = _has_left(matching)
    newer = "job.version <> shown.version OR now.has_left <> shown.has_left"
    row = f"""json_build_array(job.id, job.version, job.status, job.type, job.queue, job.parked_by,
        CASE job.status WHEN '{Status.PROCESSING}' THEN job.started_at END, now.has_left,
        CASE WHEN {newer} THEN row_to_json(job) END)"""
    shown = "unnest(%s::uuid[], %s::int[], %s::bool[]) AS shown(id, version, has_left)"
    load = stats.objects_read(jobs).load
    return Read(
        f"""SELECT coalesce(json_agg({row}), '[]') FROM ({sql}) AS job
            JOIN {shown} ON shown.id = job.id, LATERAL (SELECT {has_left}) AS now(has_left)""",
        (*values, IDS, VERSIONS, LEFT_ONES, *more),
        lambda rows: [_live_row(row, load) for row in rows],
    )


def _has_left(matching: JobQuerySet | None) -> tuple[str, Sequence[Any]]:
    if matching is None:
        return "FALSE", ()
    try:
        sql, values = matching.values("id").query.sql_with_params()
    except EmptyResultSet:
        return "TRUE", ()
    return f"job.id NOT IN ({sql})", values


def _live_row(row: Sequence[Any], load: Any) -> LiveRow:
    *fields, started_at, has_left, job = row
    started = datetime.fromisoformat(started_at) if started_at else None
    return LiveRow(*fields, started, HAS_LEFT if has_left else "", job and load([job])[0])


def _array(texts: Any) -> str:
    return f"{{{','.join(texts)}}}"
