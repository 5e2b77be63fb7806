"""What must hold after every step of the walk: the database is as the model says."""

from typing import Any

from django.db import connection

from jobs.models import SETTLED
from tests.walk.model import LIMITS

TABLES = (
    "jobs_jobevent",
    "jobs_joblog",
    "jobs_jobfile",
    "jobs_job",
    "jobs_hold",
    "django_celery_results_taskresult",
)
ROWS = """
    SELECT job.id, job.status, job.attempt, coalesce(task.status, ''),
        ARRAY(SELECT to_status::text FROM jobs_jobevent WHERE job_id = job.id ORDER BY id),
        ARRAY(SELECT from_status::text FROM jobs_jobevent WHERE job_id = job.id ORDER BY id),
        (SELECT count(*) FROM jobs_joblog WHERE job_id = job.id)
            + (SELECT count(*) FROM jobs_jobfile WHERE job_id = job.id)
    FROM jobs_job job LEFT JOIN django_celery_results_taskresult task
        ON task.task_id = job.id::text
"""


def check(walk: Any) -> None:
    """Compare every job, its history, TaskResult, log and progress with what the walk expects."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        rows = {job_id: tuple(row) for job_id, *row in cursor.fetchall()}
        cursor.execute("SELECT count(*) FROM django_celery_results_taskresult")
        results = cursor.fetchone()[0]
    assert rows == {job_id: job.row() for job_id, job in walk.jobs.items()}
    assert results == sum(job.status in SETTLED for job in walk.jobs.values())
    assert walk.accepted <= rows.keys()
    for type, limit in LIMITS.items():
        assert walk._running(type) <= limit.at_most
    assert not walk.refused & rows.keys()
    assert not walk.refused & {attempt.job_id for attempt in walk.attempts}


def forget_everything() -> None:
    """Empty the tables for the next walk."""
    with connection.cursor() as cursor:
        cursor.execute(";".join(f"DELETE FROM {table}" for table in TABLES))
