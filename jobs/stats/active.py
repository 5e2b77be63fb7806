"""The waiting and running jobs of each type."""

from jobs.database import distinct_values
from jobs.models import ACTIVE
from jobs.stats.capped import CAP
from jobs.stats.together import Read, rows_read


def active_by_type_read(cap: int = CAP) -> Read:
    """Return the part that counts the jobs of each type that wait or run.

    Its value is [{"type", "status", "count"}]; each count is at most `cap` + 1.
    Source: index jobs_job_status_type, probed for the name of each type and read to `cap`.
    """
    return rows_read(" UNION ALL ".join(f"({_counts_of(status, cap)})" for status in ACTIVE))


def _counts_of(status: str, cap: int) -> str:
    where = f"status = '{status}'"
    return f"""SELECT known.type, '{status}' AS status, (
            SELECT count(*) FROM (
                SELECT FROM jobs_job WHERE {where} AND type = known.type LIMIT {cap + 1}
            ) AS counted
        ) AS count FROM ({distinct_values("jobs_job", "type", where)}) AS known(type)"""
