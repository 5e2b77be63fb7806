"""The one Celery task: claim a job, execute it, write its outcome, go on with the next."""

import logging
import time
from typing import Any
from uuid import UUID

from celery import Task, signals
from celery.exceptions import Ignore
from celery.states import FAILURE, IGNORED, SUCCESS
from django.db import Error

from jobs import lifecycle
from jobs.database import WORKER_DB, explain, retry_while_away
from jobs.engine.app import app
from jobs.engine.worker import replacement
from jobs.engine.worker.claims import Claimed, claim_job, give_back, let_in_after
from jobs.engine.worker.execution import execute, internal_error
from jobs.engine.worker.reports import report_exception
from jobs.engine.worker.state import WorkerState, current_worker
from jobs.lifecycle import Outcome, failed
from jobs.models import Job, Status
from jobs.tracing import current_tracer

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
    worker, job_id = _own_worker(), UUID(self.request.id)
    if worker.backlog.is_drained:
        give_back(job_id, self.request.delivery_info["routing_key"])
        raise Ignore
    first = claim_job(job_id, worker)
    if first is None:
        raise Ignore
    outcome = _run(self, first)
    while next_id := worker.backlog.next_id(first.job.queue, began_at=began_at):
        _run_next(self, next_id)
    if outcome.status == Status.CANCELLED:
        raise Ignore
    if outcome.status == Status.FAILED:
        raise JobFailed(outcome.error_code, outcome.error_message)


def _run_next(task: Task, job_id: UUID) -> None:
    """Run another job, as a task of its own to log lines and to receivers of signals."""
    request, task_id = task.request, str(job_id)
    first = {name: getattr(request, name) for name in ("id", "request_id", "trace_id")}
    request.update(id=task_id, request_id="", trace_id="")
    call: dict[str, Any] = {"task_id": task_id, "task": task, "args": [], "kwargs": {}}
    signals.task_prerun.send(task, **call)
    state = IGNORED
    try:
        if (claimed := claim_job(job_id, _own_worker())) is not None:
            state = STATES.get(_run(task, claimed).status, IGNORED)
    finally:
        signals.task_postrun.send(task, **call, retval=None, state=state)
        request.update(first)


def _run(task: Task, claimed: Claimed) -> Outcome:
    job = claimed.job
    with current_tracer().running(job) as note_outcome:
        # For the lines that this attempt logs.
        task.request.update(request_id=job.request_id, trace_id=job.trace_id)
        outcome = execute(job)
        logger.info("job of type %s ended: %s", job.type, outcome.status)
        write_outcome(job, outcome)
        note_outcome(outcome)
    if claimed.room is not None:
        let_in_after(claimed.room, job.id)
    _own_worker().running.release()
    replacement.count_job()
    return outcome


def _own_worker() -> WorkerState:
    worker = current_worker()
    assert worker is not None, "only a worker runs jobs"
    return worker


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
        report_exception(job, error, refused)
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
