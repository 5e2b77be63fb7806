"""Celery's AsyncResult.get() can raise the exception that a failed job's TaskResult names."""

from jobs.engine.worker.tasks import JobFailed
from jobs.lifecycle.task_result import JOB_FAILED


def test_the_exception_that_task_results_name_exists():
    assert (JobFailed.__module__, JobFailed.__name__) == JOB_FAILED
