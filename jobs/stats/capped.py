"""Counts that stop at a cap or a timeout, so that pages cost the same at any size of the table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Count
from django.db.models.functions import Now

from jobs.database import Scan, merged, scan_of_each
from jobs.models import SETTLED, JobQuerySet, Status
from jobs.stats.together import Read, first_row_in_time, read_together, rows_read

CAP = 10_000
# Counting further would be most of a page's cost, and "1,000+" says as much as the exact number.
GLANCE = 1_000
COUNT_TIMEOUT_MILLISECONDS = 300
# The key of the failures that are not acknowledged, among counts by status.
UNSEEN = "unseen"
DAY = timedelta(hours=24)


def counts_of_first(jobs: JobQuerySet, cap: int) -> Mapping[str, int] | None:
    """Count the first `cap` + 1 of `jobs` by status; None on a timeout. One query."""
    return in_time(counts_of_first_read(jobs, cap))


def counts_of_first_read(jobs: JobQuerySet, cap: int, *, has_unseen: bool = False) -> Read:
    """Return `counts_of_first` as part of a statement.

    With `has_unseen`, the failures that are not acknowledged are counted under UNSEEN as well.
    """
    columns = ("status", "acknowledged_at") if has_unseen else ("status",)
    try:
        sql, params = jobs.values(*columns)[: cap + 1].query.sql_with_params()
    except EmptyResultSet:
        return Read("SELECT '{}'::json")
    counts = f"WITH first AS ({sql}) SELECT status, count(*) FROM first GROUP BY status"
    if has_unseen:
        counts += f""" UNION ALL SELECT '{UNSEEN}', count(*) FROM first
            WHERE status = '{Status.FAILED}' AND acknowledged_at IS NULL"""
    return _object_of_counts(counts, params)


def counts_to(
    jobs: JobQuerySet, cap: int, statuses: Sequence[str] = ("", *Status.values)
) -> Mapping[str, int]:
    """Count `jobs` by status ("" is all), each to at most `cap` + 1; empty on a timeout.

    One query of capped sub-selects.
    Source: jobs_job, indexes jobs_job_status_type, jobs_job_creator.
    """
    return in_time(counts_to_read(jobs, cap, statuses)) or {}


def counts_to_read(
    jobs: JobQuerySet, cap: int, statuses: Sequence[str] = ("", *Status.values)
) -> Read:
    """Return `counts_to` as part of a statement."""
    jobs = jobs.order_by()
    counts = [count_read(jobs.filter(status=one) if one else jobs, cap) for one in statuses]
    return Read(
        f"SELECT json_build_array({', '.join(f'({one.sql})' for one in counts)})",
        tuple(value for one in counts for value in one.values),
        lambda numbers: dict(zip(statuses, numbers, strict=True)),
    )


def count_read(jobs: JobQuerySet, cap: int) -> Read:
    """Return the part that counts `jobs` to at most `cap` + 1."""
    try:
        sql, params = jobs.values("pk")[: cap + 1].query.sql_with_params()
    except EmptyResultSet:
        return Read("SELECT 0")
    return Read(f"SELECT count(*) FROM ({sql}) AS part", params)


def counts_in_time(
    jobs: JobQuerySet, milliseconds: int = COUNT_TIMEOUT_MILLISECONDS
) -> Mapping[str, int] | None:
    """Count `jobs` exactly by status, in the statuses' order; None on a timeout. One query."""
    counted = jobs.order_by().values("status").annotate(count=Count("*"))
    try:
        sql, params = counted.query.sql_with_params()
    except EmptyResultSet:
        return {}
    found = in_time(_object_of_counts(sql, params), milliseconds)
    if found is None:
        return None
    return {status: found[status] for status in Status.values if status in found}


def _object_of_counts(sql: str, params: Sequence[Any]) -> Read:
    counts = f"({sql}) AS counts(status, count)"
    return Read(
        f"SELECT coalesce(json_object_agg(status, count), '{{}}') FROM {counts}", (*params,)
    )


def in_time(part: Read, milliseconds: int = COUNT_TIMEOUT_MILLISECONDS) -> Any:
    """Return what a part reads, in a statement of its own; None on a timeout. One query.

    Raises: django.db.Error for every other failure.
    """
    row = first_row_in_time(part.sql, part.values, milliseconds)
    return None if row is None else part.load(row[0])


def settled_by_hour(jobs: JobQuerySet) -> dict[datetime, dict[str, int]]:
    """Count `jobs` that settled in the last 24 hours by hour and status.

    Only the last CAP of them are counted. Source: index jobs_job_ended, for each status and type.
    """
    found: dict[datetime, dict[str, int]] = _read(settled_by_hour_read(jobs))
    return found


def settled_by_hour_read(jobs: JobQuerySet) -> Read:
    """Return `settled_by_hour` as part of a statement."""
    of_day = _by_end(jobs.filter(finished_at__gte=Now() - DAY), SETTLED)
    try:
        last = merged(of_day, ("finished_at", "status"), ("-finished_at",), CAP)
    except EmptyResultSet:
        return Read("SELECT '[]'::json", (), _by_hour)
    sql, values = _grouped(("date_trunc('hour', finished_at) AS hour", "status"), *last)
    return rows_read(sql, values, _by_hour)


def _by_hour(rows: Iterable[Mapping[str, Any]]) -> dict[datetime, dict[str, int]]:
    hours: dict[datetime, dict[str, int]] = {}
    for row in rows:
        hour = datetime.fromisoformat(row["hour"])
        hours.setdefault(hour, {})[row["status"]] = row["count"]
    return hours


def _by_end(jobs: JobQuerySet, statuses: Iterable[str]) -> list[Scan[JobQuerySet]]:
    """Return scans of the settled ones of `jobs` that are in the order of their ends."""
    return [
        scan_of_each(jobs.filter(status=status), "type", f"status = '{status}'")
        for status in statuses
    ]


def _grouped(
    keys: tuple[str, ...],
    part: str,
    params: Iterable[Any],
    more: str = "",
    values: Iterable[Any] = (),
    end: str = "",
) -> tuple[str, list[Any]]:
    """Return the query of `keys` and the number of rows of the query `part`."""
    columns = ", ".join(keys)
    groups = ", ".join(str(number) for number, _ in enumerate(keys, 1))
    sql = f"SELECT {columns}, count(*){more} FROM ({part}) AS part GROUP BY {groups} {end}"
    return sql, [*values, *params]


def _read(part: Read) -> Any:
    found = read_together({"part": part}) or {}
    return part.load(found["part"])
