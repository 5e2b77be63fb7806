"""The TaskResult of a settled job, as Celery itself would have written it."""

from jobs.lifecycle.transitions import TASK
from jobs.models import Status

# The exception of the task in jobs/engine, which this package may not import.
JOB_FAILED = ("jobs.engine.worker.tasks", "JobFailed")

# The status in Celery's terms, and the JSON by which its results carry a value or an exception.
RESULTS = {
    Status.COMPLETED: ("SUCCESS", "coalesce(result::text, 'null')"),
    Status.FAILED: (
        "FAILURE",
        f"""jsonb_build_object(
            'exc_type', '{JOB_FAILED[1]}', 'exc_module', '{JOB_FAILED[0]}',
            'exc_message', jsonb_build_array(error_code, error_message))::text""",
    ),
    Status.CANCELLED: (
        "REVOKED",
        """jsonb_build_object(
            'exc_type', 'TaskRevokedError', 'exc_module', 'celery.exceptions',
            'exc_message', jsonb_build_array('cancelled'))::text""",
    ),
}


def task_result(status: Status) -> str:
    """Return the CTE that writes the TaskResults of the rows of the CTE `changed`."""
    state, result = RESULTS[status]
    return f"""task_result AS (
        INSERT INTO django_celery_results_taskresult (
            task_id, task_name, status, worker, content_type, content_encoding, result,
            date_created, date_started, date_done, traceback, meta
        )
        SELECT id::text, '{TASK}', '{state}', worker, 'application/json', 'utf-8', {result},
            created_at, started_at, finished_at, nullif(error_traceback, ''), '{{"children": []}}'
        FROM changed
        ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, worker = excluded.worker,
            result = excluded.result, date_started = excluded.date_started,
            date_done = excluded.date_done, traceback = excluded.traceback
    )"""
