"""The report's sections: one SQL query each, all over the same jobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from jobs.handler.sheets import Column, Kind
from jobs.models import JobQuerySet, Status

LISTED_JOBS = 1_000_000  # a sheet holds 1,048,576 rows
LISTED_SLOWEST = 20
LISTED_ERRORS = 100

# Begins each section's query: `job` has a row for each job of the report.
WITH = """WITH picked AS ({picked}), job AS (
    SELECT *, (created_at AT TIME ZONE %s)::date AS day,
        round(extract(epoch FROM started_at - created_at), 3)::float8 AS wait_seconds,
        round(extract(epoch FROM finished_at - started_at), 3)::float8 AS run_seconds
    FROM picked)
"""
PICKED = (
    *("id", "name", "type", "status", "queue", "source", "created_by_name", "attempt"),
    *("created_at", "started_at", "finished_at", "error_code", "error_type", "error_message"),
)

# COMPLETED among COMPLETED and FAILED: a cancelled job is neither a success nor a failure.
SUCCESS_PERCENT = f"""round(
        100.0 * count(id) FILTER (WHERE status = '{Status.COMPLETED}') / nullif(
            count(id) FILTER (WHERE status IN ('{Status.COMPLETED}', '{Status.FAILED}')), 0
        ), 1)::float8"""
PERCENTILE = "round((percentile_cont({}) WITHIN GROUP (ORDER BY {}))::numeric, 3)::float8"
TIMES = ", ".join(
    PERCENTILE.format(share, time)
    for time in ("wait_seconds", "run_seconds")
    for share in (0.5, 0.95)
)
MEASURES = f"{SUCCESS_PERCENT}, {TIMES}"
MEASURE_COLUMNS = (
    Column("success_percent", "Success share", Kind.PERCENT, 10),
    Column("p50_wait_seconds", "Median wait (s)", Kind.SECONDS),
    Column("p95_wait_seconds", "95th percentile wait (s)", Kind.SECONDS, 15),
    Column("p50_run_seconds", "Median run (s)", Kind.SECONDS),
    Column("p95_run_seconds", "95th percentile run (s)", Kind.SECONDS, 15),
)
COUNTS = ", ".join(
    ["count(id)", *(f"count(id) FILTER (WHERE status = '{status}')" for status in Status.values)]
)
COUNT_COLUMNS = (
    Column("jobs", "Jobs", Kind.NUMBER),
    *(Column(status.value.lower(), status.label, Kind.NUMBER) for status in Status),
)

RUN_COLUMNS = (
    Column("created_at", "Created", Kind.MOMENT, 20),
    Column("started_at", "Started", Kind.MOMENT, 20),
    Column("finished_at", "Finished", Kind.MOMENT, 20),
    Column("wait_seconds", "Wait (s)", Kind.SECONDS),
    Column("run_seconds", "Run (s)", Kind.SECONDS),
)
JOB_COLUMNS = (
    Column("id", "Id", width=38),
    Column("name", "Name", width=40),
    Column("type", "Type", width=18),
    Column("status", "Status", width=13),
)


@dataclass(frozen=True)
class Section:
    """A table of the report; `sql` reads `job` and returns rows of `columns`."""

    name: str
    title: str
    columns: tuple[Column, ...]
    sql: str

    def rows(self, jobs: JobQuerySet) -> Iterator[tuple[Any, ...]]:
        """Yield the section's rows for `jobs` from a server-side cursor; needs a transaction."""
        picked, values = jobs.order_by().values_list(*PICKED).query.sql_with_params()
        with connection.chunked_cursor() as cursor:
            sql = WITH.format(picked=picked) + self.sql
            cursor.execute(sql, (*values, timezone.get_default_timezone_name()))
            yield from cursor


TOTALS = Section(
    "totals",
    "Totals",
    (Column("jobs", "Jobs", Kind.NUMBER), *MEASURE_COLUMNS),
    f"SELECT count(id), {MEASURES} FROM job",
)
STATUS_COUNTS = Section(
    "by_status",
    "By status",
    (
        Column("status", "Status", width=24),
        Column("jobs", "Jobs", Kind.NUMBER),
        Column("share_percent", "Share", Kind.PERCENT),
    ),
    """SELECT status, count(*), round(100.0 * count(*) / sum(count(*)) OVER (), 1)::float8
    FROM job GROUP BY status ORDER BY count(*) DESC, status""",
)
BY_TYPE = Section(
    "by_type",
    "By type",
    (Column("type", "Type", width=24), *COUNT_COLUMNS, *MEASURE_COLUMNS),
    f"SELECT type, {COUNTS}, {MEASURES} FROM job GROUP BY type ORDER BY count(id) DESC, type",
)
# Includes the days without jobs between the first and the last, for the table and the chart.
BY_DAY = Section(
    "by_day",
    "By day",
    (Column("day", "Day", Kind.DAY), *COUNT_COLUMNS, *MEASURE_COLUMNS),
    f"""SELECT day, {COUNTS}, {MEASURES}
    FROM (
        SELECT generate_series(min(day), max(day), interval '1 day')::date AS day FROM job
    ) AS days
    LEFT JOIN job USING (day) GROUP BY day ORDER BY day""",
)
SLOWEST = Section(
    "slowest",
    "Slowest jobs",
    (*JOB_COLUMNS, *RUN_COLUMNS),
    f"""SELECT id, name, type, status, created_at, started_at, finished_at,
        wait_seconds, run_seconds
    FROM job WHERE run_seconds IS NOT NULL ORDER BY run_seconds DESC, id LIMIT {LISTED_SLOWEST}""",
)
FAILURES = Section(
    "failures",
    "Failures by error",
    (
        Column("error_code", "Error code", width=18),
        Column("error_type", "Error type", width=24),
        Column("jobs", "Jobs", Kind.NUMBER),
        Column("types", "Types", width=36),
        Column("last_at", "Last", Kind.MOMENT, 20),
        Column("last_id", "Last job", width=38),
        Column("last_message", "Its message", width=80),
    ),
    f"""SELECT failure.*, last.error_message
    FROM (
        SELECT error_code, error_type, count(id) AS jobs,
            string_agg(DISTINCT type, ', ' ORDER BY type),
            max(finished_at), (array_agg(id ORDER BY finished_at DESC, id))[1] AS last_id
        FROM job WHERE status = '{Status.FAILED}' GROUP BY error_code, error_type
        ORDER BY count(id) DESC, error_code, error_type LIMIT {LISTED_ERRORS}
    ) AS failure JOIN jobs_job AS last ON last.id = last_id
    ORDER BY jobs DESC, failure.error_code, failure.error_type""",
)
SECTIONS = (TOTALS, STATUS_COUNTS, BY_TYPE, BY_DAY, SLOWEST, FAILURES)

JOBS = Section(
    "jobs",
    "Jobs",
    (
        *JOB_COLUMNS,
        Column("created_by", "Created by", width=20),
        Column("source", "Source", width=10),
        *RUN_COLUMNS,
        Column("attempt", "Attempt", Kind.NUMBER, 9),
        Column("queue", "Queue", width=14),
        Column("error_code", "Error code", width=18),
        Column("error_message", "Error message", width=60),
    ),
    f"""SELECT id, name, type, status, created_by_name, source,
        created_at, started_at, finished_at, wait_seconds, run_seconds,
        attempt, queue, error_code, error_message
    FROM job ORDER BY id LIMIT {LISTED_JOBS}""",
)
