"""Counts that stop at a cap or a timeout, so that pages cost the same at any size of the table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import Error, connection
from django.db.models import Count
from django.db.models.functions import Now

from jobs.database import Trouble, trouble
from jobs.models import JobQuerySet, Status

CAP = 10_000
# Counting further would be most of a page's cost, and "1,000+" says as much as the exact number.
GLANCE = 1_000
COUNT_TIMEOUT_MILLISECONDS = 300
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Failures:
    """Failures of one job type with one error, counted for each period of the query.

    Failures before `counted_from` were not read; None means that all were read.
    """

    type: str
    error_code: str
    error_type: str
    counts: tuple[int, ...]
    counted_from: datetime | None


def counts_of_first(jobs: JobQuerySet, cap: int) -> Mapping[str, int] | None:
    """Count the first `cap` + 1 of `jobs` by status; None on a timeout. One query."""
    try:
        sql, params = jobs.values("status")[: cap + 1].query.sql_with_params()
    except EmptyResultSet:
        return {}
    rows = _in_time(f"SELECT status, count(*) FROM ({sql}) AS first GROUP BY status", params)
    return None if rows is None else dict(rows)


def counts_to(
    jobs: JobQuerySet, cap: int, statuses: Sequence[str] = ("", *Status.values)
) -> Mapping[str, int]:
    """Count `jobs` by status ("" is all), each to at most `cap` + 1; empty on a timeout.

    One query of capped sub-selects.
    Source: jobs_job, indexes jobs_job_outcome, jobs_job_type_status_id.
    """
    parts: list[str] = []
    values: list[Any] = []
    for status in statuses:
        part = jobs.filter(status=status) if status else jobs
        try:
            sql, params = part.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            return dict.fromkeys(statuses, 0)
        parts.append(f"(SELECT count(*) FROM ({sql}) AS part)")
        values.extend(params)
    rows = _in_time(f"SELECT {', '.join(parts)}", values)
    return dict(zip(statuses, rows[0], strict=True)) if rows else {}


def counts_in_time(
    jobs: JobQuerySet, milliseconds: int = COUNT_TIMEOUT_MILLISECONDS
) -> Mapping[str, int] | None:
    """Count `jobs` exactly by status, in the statuses' order; None on a timeout. One query."""
    counted = jobs.order_by().values("status").annotate(count=Count("*"))
    try:
        sql, params = counted.query.sql_with_params()
    except EmptyResultSet:
        return {}
    rows = _in_time(sql, params, milliseconds)
    if rows is None:
        return None
    found = dict(rows)
    return {status: found[status] for status in Status.values if status in found}


def _in_time(
    sql: str, values: Sequence[Any], milliseconds: int = COUNT_TIMEOUT_MILLISECONDS
) -> list[tuple[Any, ...]] | None:
    """Return the rows of a query; None on a timeout.

    Raises: django.db.Error for every other failure.
    """
    try:
        with connection.cursor() as cursor:
            # Two statements in one round trip: PostgreSQL runs both in one transaction, and the
            # limit ends with it.
            cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}; {sql}", values)
            return list(cursor.fetchall())
    except Error as error:
        if trouble(error) is not Trouble.TOO_SLOW:
            raise
        return None


def settled_by_hour(jobs: JobQuerySet) -> dict[datetime, dict[str, int]]:
    """Count `jobs` that settled in the last 24 hours by hour and status.

    Only the last CAP of them are counted. Source: index jobs_job_finished_at_id.
    """
    last = (
        jobs.filter(finished_at__gte=Now() - DAY)
        .order_by("-finished_at")
        .values("finished_at", "status")[:CAP]
    )
    hours: dict[datetime, dict[str, int]] = {}
    for hour, status, count in _grouped(("date_trunc('hour', finished_at)", "status"), last):
        hours.setdefault(hour, {})[status] = count
    return hours


def recent_failures(jobs: JobQuerySet, since: Sequence[datetime], *, limit: int) -> list[Failures]:
    """Return the most frequent failures among `jobs`, counted from each of `since`.

    Only the last GLANCE failures are read. Source: index jobs_job_failed_at.
    """
    failed = jobs.filter(status=Status.FAILED, finished_at__gte=min(since)).order_by("-finished_at")
    last = failed.values("type", "error_code", "error_type", "finished_at")[:GLANCE]
    # The time of the first failure that was read, over all groups: LIMIT applies after OVER ().
    more = ", CASE sum(count(*)) OVER () WHEN %s THEN min(min(finished_at)) OVER () END"
    more += "".join(", count(*) FILTER (WHERE finished_at >= %s)" for _ in since)
    keys = ("type", "error_code", "error_type")
    rows = _grouped(keys, last, more, [GLANCE, *since], f"ORDER BY 4 DESC LIMIT {limit}")
    return [
        Failures(type, code, name, tuple(counts), start)
        for type, code, name, _, start, *counts in rows
    ]


def _grouped(
    keys: tuple[str, ...], jobs: Any, more: str = "", values: Iterable[Any] = (), end: str = ""
) -> list[tuple[Any, ...]]:
    """Return rows of `keys` and the number of `jobs` (a sliced queryset of values); one query."""
    part, params = jobs.query.sql_with_params()
    columns = ", ".join(keys)
    groups = ", ".join(str(number) for number, _ in enumerate(keys, 1))
    sql = f"SELECT {columns}, count(*){more} FROM ({part}) AS part GROUP BY {groups} {end}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *params])
        return list(cursor.fetchall())
