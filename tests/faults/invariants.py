"""What must hold at the end of every fault: the guarantees of docs/lifecycle.md as queries."""

from tests.faults.client import Client
from tests.faults.stack import Stack

REPEATABLE = "('twice', 'stubborn', 'each_one')"  # the types with max_attempts above 1

# Each change of the number of running jobs of a limited type, as the events have it.
RUNNING = """
    SELECT type, coalesce(params ->> 'customer', '') AS customer, at, sum(change) OVER (
        PARTITION BY type, params ->> 'customer' ORDER BY at, change) AS running
    FROM jobs_jobevent JOIN jobs_job ON jobs_job.id = job_id, LATERAL (
        SELECT CASE WHEN to_status = 'PROCESSING' THEN 1 ELSE -1 END AS change) AS changed
    WHERE type IN ('three', 'each_one') AND from_status <> to_status
        AND 'PROCESSING' IN (from_status, to_status)"""

# Each finds violations: no row, no violation.
QUERIES = {
    "an attempt beyond the first of a type that runs at most once": f"""
        SELECT id FROM jobs_job WHERE attempt > 1 AND type NOT IN {REPEATABLE}""",
    "a job of an at-most-once type that ran twice": f"""
        SELECT job_id FROM effect JOIN jobs_job ON id = job_id WHERE type NOT IN {REPEATABLE}
        GROUP BY job_id
        HAVING count(DISTINCT effect.attempt) > 1 OR count(DISTINCT effect.pid) > 1""",
    "an attempt that ran in two processes": """
        SELECT job_id FROM effect GROUP BY job_id, attempt HAVING count(DISTINCT pid) > 1""",
    "a run of a job that does not exist": """
        SELECT job_id FROM effect LEFT JOIN jobs_job ON id = job_id WHERE id IS NULL""",
    "a COMPLETED job whose winning attempt left no trace": """
        SELECT id FROM jobs_job
        WHERE status = 'COMPLETED' AND type <> 'idle' AND queue <> 'maintenance' AND NOT EXISTS (
            SELECT 1 FROM effect WHERE job_id = id AND effect.attempt = jobs_job.attempt)""",
    "an expired lease": """
        SELECT id FROM jobs_job WHERE status = 'PROCESSING' AND lease_until < now()""",
    "a history with a gap": """
        SELECT job_id FROM (
            SELECT job_id, from_status,
                lag(to_status, 1, '') OVER (PARTITION BY job_id ORDER BY id) AS before
            FROM jobs_jobevent) AS pair
        WHERE from_status <> before""",
    "a status that is not the last event's": """
        SELECT id FROM jobs_job WHERE status IS DISTINCT FROM (
            SELECT to_status FROM jobs_jobevent WHERE job_id = jobs_job.id
            ORDER BY id DESC LIMIT 1)""",
    "more claims than attempts": """
        SELECT id FROM jobs_job WHERE attempt <> (
            SELECT count(*) FROM jobs_jobevent
            WHERE job_id = jobs_job.id AND to_status = 'PROCESSING'
                AND from_status <> to_status)""",
    "a note other than the one that asks to stop, or says that a failure was seen": """
        SELECT job_id FROM jobs_jobevent WHERE from_status = to_status
        GROUP BY job_id, to_status
        HAVING to_status NOT IN ('PROCESSING', 'FAILED') OR count(*) > 1""",
    "a request to cancel without its event, or the event without the request": """
        SELECT id FROM jobs_job WHERE (cancel_requested_at IS NOT NULL) <> EXISTS (
            SELECT 1 FROM jobs_jobevent WHERE job_id = jobs_job.id AND (from_status, to_status) IN
                (('PROCESSING', 'PROCESSING'), ('PENDING', 'CANCELLED')))""",
    "more running jobs of a type than its limit": f"""
        SELECT * FROM ({RUNNING}) AS counted
        WHERE running > CASE type WHEN 'three' THEN 3 ELSE 1 END""",
    # A claim that is under way when the hold begins may end after that.
    "a job that started while it was on hold": """
        SELECT job_id, at, held_at FROM jobs_jobevent JOIN jobs_job ON jobs_job.id = job_id
            JOIN jobs_hold ON kind = 'type' AND value = type
        WHERE to_status = 'PROCESSING' AND from_status <> to_status
            AND at > held_at + interval '1 second'
            AND at < coalesce(least(ended_at, until), now())""",
    "a parked job that does not wait": """
        SELECT id FROM jobs_job WHERE parked_by <> '' AND status <> 'PENDING'""",
    "two final events": """
        SELECT job_id FROM jobs_jobevent WHERE to_status IN ('COMPLETED', 'FAILED', 'CANCELLED')
            AND from_status <> to_status GROUP BY job_id HAVING count(*) > 1""",
    "a TaskResult that does not agree": """
        SELECT job.id FROM jobs_job job LEFT JOIN django_celery_results_taskresult task
            ON task.task_id = job.id::text
        WHERE job.status IN ('COMPLETED', 'FAILED', 'CANCELLED') AND (
            task.status IS NULL OR job.task_result_id IS NULL OR task.status <> CASE job.status
                WHEN 'COMPLETED' THEN 'SUCCESS' WHEN 'FAILED' THEN 'FAILURE' ELSE 'REVOKED' END)""",
    "a TaskResult of an active or unknown job": """
        SELECT task.task_id FROM django_celery_results_taskresult task LEFT JOIN jobs_job job
            ON task.task_id = job.id::text
        WHERE job.id IS NULL OR job.status IN ('PENDING', 'PROCESSING')""",
}


def violations(stack: Stack, *clients: Client) -> list[str]:
    """Every invariant that does not hold, with examples; all jobs are expected to be settled."""
    found = [
        f"{what}: {rows[:3]} ({len(rows)})"
        for what, query in QUERIES.items()
        if (rows := stack.sql(query))
    ]
    settled = {
        str(job_id)
        for (job_id,) in stack.sql(
            "SELECT id FROM jobs_job WHERE status IN ('COMPLETED', 'FAILED', 'CANCELLED')"
        )
    }
    names = {name for (name,) in stack.sql("SELECT name FROM jobs_job")}
    for client in clients or (stack.client,):
        found += [
            f"accepted but lost: {job_id}" for job_id in client.accepted if job_id not in settled
        ]
        found += [f"refused but there: {name}" for name in client.refused if name in names]
    waiting = stack.sql("SELECT DISTINCT queue FROM jobs_job WHERE status = 'PENDING'")
    with stack.redis() as broker:
        found += [
            f"PENDING with an empty queue: {queue}"
            for (queue,) in waiting
            if not broker.llen(queue)
        ]
    return found
