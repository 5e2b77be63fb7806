"""The jobs that were launched again from each other, for the strip on a job's page."""

from typing import Any

from django.db.models.expressions import RawSQL

from jobs import access
from jobs.models import Job

LINEAGE_LIMIT = 20
# From the job to the one that was launched first, and from that one to all that came of it.
FAMILY = f"""
WITH RECURSIVE upwards AS (
    SELECT id, rerun_of_id, 0 AS depth FROM jobs_job WHERE id = %s
    UNION ALL
    SELECT older.id, older.rerun_of_id, depth + 1
    FROM jobs_job AS older JOIN upwards ON older.id = upwards.rerun_of_id
    WHERE depth < {LINEAGE_LIMIT}
), downwards AS (
    (SELECT id FROM upwards ORDER BY depth DESC LIMIT 1)
    UNION ALL
    SELECT newer.id FROM jobs_job AS newer JOIN downwards ON newer.rerun_of_id = downwards.id
)
(SELECT id FROM upwards)
UNION (SELECT id FROM downwards LIMIT {LINEAGE_LIMIT})
UNION (SELECT id FROM jobs_job WHERE rerun_of_id = %s ORDER BY id DESC LIMIT {LINEAGE_LIMIT})
"""


def lineage(user: Any, job: Job) -> list[Job]:
    """The visible jobs of the job's family, oldest first; empty if it is alone. One query.

    Source: the primary key and index jobs_job_rerun_of, about LINEAGE_LIMIT rows each.
    """
    if job.rerun_of_id is None and not job.is_settled:
        return []
    family = RawSQL(FAMILY, [job.pk, job.pk])
    jobs = access.visible_jobs(user).without_large().filter(pk__in=family).order_by("id")
    found = list(jobs[: 3 * LINEAGE_LIMIT])
    return found if len(found) > 1 else []
