"""Figures that stop at a cap or at a time, for pages that cost the same however many jobs there are."""

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
# What a glance needs: more of it would be most of a page's cost, and "1,000+" says as much as the
# true number.
GLANCE = 1_000
COUNT_TIMEOUT_MILLISECONDS = 300
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Failures:
    """Failures of one type with one error; `counts` go with the periods that were asked for.

    Those before `counted_from` were not read, unless it is None.
    """

    type: str
    error_code: str
    error_type: str
    counts: tuple[int, ...]
    counted_from: datetime | None


def counts_of_first(jobs: JobQuerySet, cap: int) -> Mapping[str, int] | None:
    """How many of the first `cap` + 1 of `jobs` have each status; None if it takes long. One query."""
    try:
        sql, params = jobs.values("status")[: cap + 1].query.sql_with_params()
    except EmptyResultSet:
        return {}
    rows = _in_time(f"SELECT status, count(*) FROM ({sql}) AS first GROUP BY status", params)
    return None if rows is None else dict(rows)


def counts_to(
    jobs: JobQuerySet, cap: int, statuses: Sequence[str] = ("", *Status.values)
) -> Mapping[str, int]:
    """How many of `jobs` there are by status ("": all), each up to one more than `cap`; empty if it takes long.

    One query of capped sub-selects. Source: jobs_job, indexes jobs_job_status_id,
    jobs_job_type_status_id.
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
    """Count `jobs` exactly by status, in the order of the statuses; None if that takes longer.

    One query.
    """
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
    """The rows of a query; None if it takes too long.

    Raises: django.db.Error for all else that keeps PostgreSQL from answering.
    """
    try:
        with connection.cursor() as cursor:
            # Two statements, one round trip: the limit ends with the transaction that they are.
            cursor.execute(f"SET LOCAL statement_timeout = {milliseconds}; {sql}", values)
            return list(cursor.fetchall())
    except Error as error:
        if trouble(error) is not Trouble.TOO_SLOW:
            raise
        return None


def settled_by_hour(jobs: JobQuerySet) -> dict[datetime, dict[str, int]]:
    """How many of `jobs` were settled in the last 24 hours by hour and status: of the last CAP of them.

    Source: index jobs_job_finished_at_id.
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
    """The most frequent failures among `jobs` by type and error, counted from each of `since`: of the last GLANCE.

    Source: index jobs_job_failed_at.
    """
    failed = jobs.filter(status=Status.FAILED, finished_at__gte=min(since)).order_by("-finished_at")
    last = failed.values("type", "error_code", "error_type", "finished_at")[:GLANCE]
    # Of all groups, not only of those that LIMIT leaves.
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
    """Rows of `keys` with the count of `jobs` (a sliced queryset of values) for each; one query."""
    sql, params = jobs.query.sql_with_params()
    groups = ", ".join(str(number) for number, _ in enumerate(keys, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(keys)}, count(*){more} FROM ({sql}) AS part GROUP BY {groups} {end}",
            [*values, *params],
        )
        return list(cursor.fetchall())
