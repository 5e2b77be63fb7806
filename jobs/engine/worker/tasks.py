"""The one Celery task: claim a job, execute it, write its outcome, go on with the next."""

import logging
import os
import time
from typing import Any
from uuid import UUID

from celery import Task, signals
from celery.exceptions import Ignore
from celery.states import FAILURE, IGNORED, SUCCESS
from django.db import Error, connections

from jobs import lifecycle
from jobs.database import WORKER_DB, Trouble, explain, is_bug, retry_while_away, trouble
from jobs.engine.app import app
from jobs.engine.worker import replacement
from jobs.engine.worker.execution import execute, internal_error
from jobs.engine.worker.state import WorkerState, current_worker
from jobs.lifecycle import Outcome, failed
from jobs.models import Job, Status

logger = logging.getLogger(__name__)

# What receivers of task_postrun get; a cancelled task is ignored, as one that raises Ignore.
STATES = {Status.COMPLETED: SUCCESS, Status.FAILED: FAILURE}


class JobFailed(Exception):
    """The job ended as FAILED; args: error code, message."""


@app.task(
    name=lifecycle.TASK,
    bind=True,
    throws=(JobFailed,),
    Request="jobs.engine.worker.request:JobRequest",
)
def run_job(self: Task) -> None:
    """Run the job whose id is the task's, then those that wait behind it, for up to a second.

    Celery learns whether the first succeeded, for its events, and not the result, which it would
    format.
    """
    began_at = time.monotonic()
    first = _claim(UUID(self.request.id))
    if first is None:
        raise Ignore
    outcome = _run(self, first)
    while next_id := _own_worker().backlog.next_id(first.queue, began_at=began_at):
        _run_next(self, next_id)
    if outcome.status == Status.CANCELLED:
        raise Ignore
    if outcome.status == Status.FAILED:
        raise JobFailed(outcome.error_code, outcome.error_message)


def _run_next(task: Task, job_id: UUID) -> None:
    """Run another job, as a task of its own to log lines and to receivers of signals."""
    request, task_id = task.request, str(job_id)
    first = {"id": request.id, "request_id": request.request_id}
    request.update(id=task_id, request_id="")
    call: dict[str, Any] = {"task_id": task_id, "task": task, "args": [], "kwargs": {}}
    signals.task_prerun.send(task, **call)
    state = IGNORED
    try:
        if (job := _claim(job_id)) is not None:
            state = STATES.get(_run(task, job).status, IGNORED)
    finally:
        signals.task_postrun.send(task, **call, retval=None, state=state)
        request.update(first)


def _run(task: Task, job: Job) -> Outcome:
    task.request.update(request_id=job.request_id)  # for the lines that this attempt logs
    outcome = execute(job)
    logger.info("job of type %s ended: %s", job.type, outcome.status)
    write_outcome(job, outcome)
    _own_worker().running.release()
    replacement.count_job()
    return outcome


def _own_worker() -> WorkerState:
    worker = current_worker()
    assert worker is not None, "only a worker runs jobs"
    return worker


def _claim(job_id: UUID) -> Job | None:
    """Claim a job; None if it does not wait for this worker.

    Until its outcome is written the main process knows that this process has taken it.
    """
    running = _own_worker().running
    running.take(job_id)
    job = _try_claim(job_id)
    if job is None:
        running.release()
        logger.info("job %s does not wait for this worker; the message is dropped", job_id)
    return job


def _try_claim(job_id: UUID) -> Job | None:
    worker = _own_worker()
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
