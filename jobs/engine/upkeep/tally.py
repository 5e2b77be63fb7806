"""Adds the jobs that have ended to the totals of /metrics.

A worker that settles a job writes no count: all of them would wait for one row. Upkeep reads what
has ended since its last count, by the index jobs_job_ended.
"""

import time
from datetime import datetime
from typing import Any

from django.db import connections, transaction

from jobs.database import WORKER_DB, distinct_values
from jobs.models import SETTLED, Total, UpkeepState

# Upper bounds of the histograms, in seconds. Totals of earlier bounds stay right: each counts below
# every present bound that is not lower.
BOUNDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21600)
JOBS_A_BATCH = 10_000
PASS_SECONDS = 1.0  # after an outage of upkeep the next passes go on

# A job that ended in a transaction that is still open cannot be seen yet. The count waits for such
# transactions, but not for those that are open longer than 30 seconds: a handler may compute for an
# hour in one, and it seldom ends jobs.
HORIZON = """SELECT least(clock_timestamp() - interval '2 seconds',
    greatest(coalesce(min(xact_start), clock_timestamp()),
        clock_timestamp() - interval '30 seconds'))
    FROM pg_stat_activity
    WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"""


def _ended_between(columns: str, limit: str = "") -> str:
    """Return a query of the jobs that ended after %(since)s, until %(until)s, by type and end."""
    parts = []
    for status in SETTLED:
        types = distinct_values("jobs_job", "type", where=f"status = '{status}'")
        parts.append(f"""SELECT ended.* FROM ({types}) AS known(type), LATERAL (
            SELECT {columns} FROM jobs_job
            WHERE status = '{status}' AND type = known.type
                AND finished_at > %(since)s AND finished_at <= %(until)s
            ORDER BY finished_at {limit}) AS ended""")
    return " UNION ALL ".join(f"({part})" for part in parts)


# The end of a batch: as many jobs as fit, and all that ended in the same microsecond as the last.
END_OF_BATCH = f"""SELECT count(*), max(finished_at) FROM (
    SELECT finished_at FROM ({_ended_between("finished_at", f"LIMIT {JOBS_A_BATCH}")}) AS ended
    ORDER BY finished_at LIMIT {JOBS_A_BATCH}) AS batch"""

BOUND = """coalesce((SELECT min(bound)::text FROM unnest(%(bounds)s::float[]) AS known(bound)
    WHERE bound >= {seconds}), '+Inf')"""


def _counts_by_bound(name: str, seconds: str) -> str:
    bound = BOUND.format(seconds=seconds)
    return f"""SELECT '{name}' AS name, type, {bound} AS key, count(*)::float AS value
            FROM ended WHERE {seconds} IS NOT NULL GROUP BY type, 3
        UNION ALL SELECT '{name}_seconds', type, '', sum({seconds})
            FROM ended WHERE {seconds} IS NOT NULL GROUP BY type"""


ENDED_COLUMNS = """type, status, error_code,
    extract(epoch FROM started_at - created_at)::float AS wait,
    extract(epoch FROM finished_at - started_at)::float AS run"""

ADD_ENDED = f"""WITH ended AS MATERIALIZED ({_ended_between(ENDED_COLUMNS)}), counted AS (
        SELECT 'ended' AS name, type, btrim(status || ' ' || error_code) AS key,
            count(*)::float AS value
        FROM ended GROUP BY type, status, error_code
        UNION ALL {_counts_by_bound("wait", "wait")}
        UNION ALL {_counts_by_bound("run", "run")}
    )
    INSERT INTO jobs_total (name, type, key, value) SELECT * FROM counted
    ON CONFLICT (name, type, key) DO UPDATE SET value = jobs_total.value + excluded.value"""


def count_ended() -> None:
    """Add what has ended since the last count to the totals; the first call only begins."""
    give_up_at = time.monotonic() + PASS_SECONDS
    while _count_next() and time.monotonic() < give_up_at:
        pass


def _count_next() -> bool:
    """Count up to JOBS_A_BATCH jobs; returns whether there may be more."""
    with transaction.atomic(using=WORKER_DB), connections[WORKER_DB].cursor() as cursor:
        cursor.execute(HORIZON)
        horizon: datetime = cursor.fetchone()[0]
        # Locked, because a second upkeep may lead by now.
        states = UpkeepState.objects.using(WORKER_DB).select_for_update()
        since = states.values_list("counted_until", flat=True).first()
        if since is not None and since >= horizon:
            return False
        values: dict[str, Any] = {"since": since, "until": horizon, "bounds": [*BOUNDS]}
        count = 0
        if since is not None:
            cursor.execute(END_OF_BATCH, values)
            count, last = cursor.fetchone()
            if count == JOBS_A_BATCH:
                values["until"] = last
            if count:
                cursor.execute(ADD_ENDED, values)
        states.update(counted_until=values["until"])
        return bool(count == JOBS_A_BATCH)


def add_to_total(name: str, count: int) -> None:
    """Add to a total that has neither type nor key."""
    table = Total._meta.db_table
    sql = f"""INSERT INTO {table} (name, type, key, value) VALUES (%s, '', '', %s)
        ON CONFLICT (name, type, key) DO UPDATE SET value = {table}.value + excluded.value"""
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(sql, [name, count])
