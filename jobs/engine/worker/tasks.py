"""The one Celery task: claim a job, execute it, write its outcome."""

import logging
import os
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from celery.exceptions import Ignore
from django.db import Error, connections

from jobs import lifecycle
from jobs.database import WORKER_DB, Trouble, explain, is_bug, retry_while_away, trouble
from jobs.engine.worker.execution import execute, internal_error
from jobs.engine.worker.state import current_worker
from jobs.lifecycle import Outcome, failed
from jobs.models import Job, Status

logger = logging.getLogger(__name__)


class JobFailed(Exception):
    """The job ended as FAILED; args: error code, message."""


@shared_task(
    name=lifecycle.TASK,
    bind=True,
    throws=(JobFailed,),
    Request="jobs.engine.worker.request:JobRequest",
)
def run_job(self: Task) -> None:
    """Run the job whose id is the task's.

    Celery learns whether it succeeded, for its events, and not the result, which it would format.
    """
    job = _claim(UUID(self.request.id))
    if job is None:
        logger.info("job %s does not wait for this worker; the message is dropped", self.request.id)
        raise Ignore
    self.request.update(request_id=job.request_id)  # for the lines that this attempt logs
    outcome = execute(job)
    logger.info("job of type %s ended: %s", job.type, outcome.status)
    write_outcome(job, outcome)
    if outcome.status == Status.CANCELLED:
        raise Ignore
    if outcome.status == Status.FAILED:
        raise JobFailed(outcome.error_code, outcome.error_message)


def _claim(job_id: UUID) -> Job | None:
    worker = current_worker()
    assert worker is not None, "only a worker runs jobs"
    owner: dict[str, Any] = {"worker": worker.id, "pid": os.getpid(), "using": WORKER_DB}

    def claim() -> Job | None:
        return lifecycle.claim(job_id, types=worker.types, **owner)

    try:
        return claim()
    except Error as error:
        connections[WORKER_DB].close()
        if trouble(error) is Trouble.BUSY:
            logger.warning("the row of job %s is locked; upkeep publishes it again", job_id)
            return None
        if is_bug(error):
            raise
    # The claim may have been committed before its answer got lost, and this process holds no
    # other job.
    return retry_while_away(lambda: claim() or lifecycle.held(job_id, **owner), using=WORKER_DB)


def write_outcome(job: Job, outcome: Outcome) -> None:
    """Settle a claimed job, retrying while PostgreSQL is in trouble.

    After 10 minutes of it the process ends itself. An attempt that lost its job writes nothing,
    which is no error: Celery would report a failure of what succeeded. If this process dies before
    or in here, the agent ends the attempt; after that, there is nothing left to do.

    Raises: any error of a bug, for which JobRequest has the agent end the attempt.
    """
    try:
        written = retry_while_away(lambda: _try_settle(job, outcome), using=WORKER_DB)
    except Exception as error:  # an attempt left open would be reported as a lost worker
        logger.exception("the outcome cannot be written")
        is_refused = isinstance(error, Error)
        refused = failed("invalid_result", explain(error)) if is_refused else internal_error(error)
        written = retry_while_away(lambda: _try_settle(job, refused), using=WORKER_DB)
    if not written:
        logger.warning("attempt %s no longer holds the job; its outcome is dropped", job.attempt)


def _try_settle(job: Job, outcome: Outcome) -> bool:
    actor = f"worker {job.worker}"
    settled = lifecycle.settle(job.id, outcome, attempt=job.attempt, actor=actor, using=WORKER_DB)
    return settled is not None or _was_settled(job)


def _was_settled(job: Job) -> bool:
    # The statement may have been committed before its answer got lost.
    jobs = Job.objects.using(WORKER_DB).settled()
    return jobs.filter(id=job.id, attempt=job.attempt).exists()
