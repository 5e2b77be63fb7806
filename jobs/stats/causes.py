"""Failures to review, grouped by type and cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.models import JobQuerySet, Status, first_id
from jobs.stats.together import Read, read_together, rows_read

DAY_CAP = 100
# Home asks every five seconds: 10,000 took three times as long at a million jobs as at 10,000 jobs.
GROUPED_LIMIT = 2_000
MESSAGE_SHOWN = 300


@dataclass(frozen=True)
class FailureGroup:
    """The failures to review of one type with one cause.

    `error_code`, `error_type` and `message` are those of the newest one. `fingerprint` is "" for
    jobs that failed before there were fingerprints: they are grouped by type and error, `days` are
    empty, and `first_seen` is that of the jobs to review. `days` has the failures of each day, to
    DAY_CAP, reviewed ones included. `is_complete` is False if more may have to be reviewed.
    """

    type: str
    fingerprint: str
    error_code: str
    error_type: str
    message: str
    count: int
    is_complete: bool
    first_seen: datetime
    last_seen: datetime
    days: tuple[int, ...]


def failure_groups(
    jobs: JobQuerySet, history: JobQuerySet, days: Sequence[datetime], *, limit: int
) -> list[FailureGroup]:
    """Return the groups of `jobs` to review, those that failed last first. One query."""
    part = failure_groups_read(jobs, history, days, limit=limit)
    found = read_together({"part": part}) or {}
    groups: list[FailureGroup] = part.load(found["part"])
    return groups


def failure_groups_read(
    jobs: JobQuerySet, history: JobQuerySet, days: Sequence[datetime], *, limit: int
) -> Read:
    """Return `failure_groups` as part of a statement.

    The last GROUPED_LIMIT of `jobs` to review are grouped. First sight and days come from
    `history`: all failures, or a slice of those that the user sees. `days` are the starts of days
    and the end of the last one.
    Source: indexes jobs_job_unseen and jobs_job_fingerprint_id.
    """
    unseen = jobs.filter(status=Status.FAILED, acknowledged_at=None).order_by("-id")
    columns = ("id", "type", "fingerprint", "error_code", "error_type", "finished_at")
    newest, newest_values = unseen.values(*columns)[:GROUPED_LIMIT].query.sql_with_params()
    failed = history.values("id", "fingerprint", "finished_at").query
    past, past_values = failed.sql_with_params()
    # PostgreSQL finds the failures of a fingerprint by index, unless they are the slice of a user.
    kept = "MATERIALIZED" if failed.is_sliced else "NOT MATERIALIZED"
    sql = f"""WITH newest AS MATERIALIZED ({newest}), history AS {kept} ({past}), groups AS (
            SELECT fingerprint, count(*) AS count, max(id::text)::uuid AS id,
                min(finished_at) AS first_seen, max(finished_at) AS last_seen
            FROM newest GROUP BY type, fingerprint,
                CASE fingerprint WHEN '' THEN error_code || ' ' || error_type END
            ORDER BY max(finished_at) DESC LIMIT {limit}
        )
        SELECT job.type, job.fingerprint, job.error_code, job.error_type, groups.count,
            left(job.error_message, {MESSAGE_SHOWN}) AS message,
            (SELECT count(*) < {GROUPED_LIMIT} FROM newest) AS is_complete,
            least(groups.first_seen, (
                SELECT finished_at FROM history WHERE groups.fingerprint <> ''
                AND history.fingerprint = groups.fingerprint ORDER BY id LIMIT 1
            )) AS first_seen, groups.last_seen, {_DAYS} AS days
        FROM groups JOIN jobs_job job USING (id) ORDER BY groups.last_seen DESC"""
    bounds = [first_id(at) for at in days]
    values = [*newest_values, *past_values, bounds[:-1], bounds[1:]]
    return rows_read(sql, values, lambda rows: [_group(row) for row in rows])


_DAYS = f"""(
    SELECT json_agg(counted.count ORDER BY day.start)
    FROM unnest(%s::uuid[], %s::uuid[]) AS day(start, stop), LATERAL (
        SELECT count(*) FROM (
            SELECT FROM history WHERE history.fingerprint = groups.fingerprint
            AND history.id >= day.start AND history.id < day.stop LIMIT {DAY_CAP}
        ) AS failure
    ) AS counted WHERE groups.fingerprint <> ''
)"""


def _group(row: Mapping[str, Any]) -> FailureGroup:
    moments = {name: datetime.fromisoformat(row[name]) for name in ("first_seen", "last_seen")}
    return FailureGroup(**{**row, **moments, "days": tuple(row["days"] or ())})
