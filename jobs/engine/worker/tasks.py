"""The one Celery task: claim the job, call its handler, make one Outcome of however that ends."""

import json
import logging
import os
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from celery import Task, shared_task
from celery.exceptions import Ignore
from django.db import Error, connections

from jobs import lifecycle, parameters, registry
from jobs.database import Trouble, is_bug, trouble
from jobs.engine.worker import agent, readiness, result_backend, startup
from jobs.engine.worker.interrupt import interruptible
from jobs.engine.worker.isolation import call_apart, isolated_process
from jobs.engine.worker.output import logged_output
from jobs.errors import InvalidParams
from jobs.handler.context import Cancelled, JobContext, TimeLimitReached
from jobs.lifecycle import WORKER_DB, Outcome, failed, patiently
from jobs.models import Job, Status
from jobs.registry import JobType
from jobs.safe_text import is_deeper, to_text

logger = logging.getLogger(__name__)

# Celery imports this module, and with it those that listen to its signals.
LISTENERS = (agent, startup, readiness)

RESULT_LIMIT = 256 * 1024
RESULT_DEPTH_LIMIT = 100  # to read or write each level takes some of Python's 1,000 frames


class JobFailed(Exception):
    """The job ended as FAILED; args: error code, message."""


@shared_task(
    name=lifecycle.TASK,
    bind=True,
    throws=(JobFailed,),
    Request="jobs.engine.worker.request:JobRequest",
)
def run_job(self: Task) -> dict[str, Any] | None:
    """Run the job whose id is the task's."""
    job = _claim(UUID(self.request.id))
    if job is None:
        logger.info("job %s does not wait for this worker; the message is dropped", self.request.id)
        raise Ignore
    self.request.update(request_id=job.request_id)  # for the lines that this attempt logs
    outcome = execute(job)
    self.request.update(outcome=outcome, attempt=job.attempt)
    logger.info("job of type %s ended: %s", job.type, outcome.status)
    if outcome.status == Status.CANCELLED:
        result_backend.settle(job.id, outcome, job.attempt)
        raise Ignore
    if outcome.status == Status.FAILED:
        raise JobFailed(outcome.error_code, outcome.error_message)
    return outcome.result


def execute(job: Job) -> Outcome:
    """Call the handler of a claimed job; returns one Outcome in any case, also if the job system fails."""
    try:
        return _called(job)
    except Exception as error:  # left to Celery it would be reported as a lost worker
        logger.exception("the job system failed at job %s", job.id)
        return result_backend.internal_error(error)


def _called(job: Job) -> Outcome:
    job_type = registry.get(job.type)
    secrets = parameters.secrets_in(job_type, job.params)
    hide = partial(parameters.hide, secrets)
    context = JobContext(job, time_limit=job_type.time_limit, hide=hide)
    try:
        with isolated_process(), context.logging(), interruptible(job, job_type), logged_output():
            params = parameters.clean(job_type, job.params)
            secrets += parameters.secrets_in(job_type, params)
            result = call_apart(job_type.run, context, **params)
        return _completed(result)
    except BaseException as error:
        return _not_completed(error, job_type, hide)
    finally:
        _attempt(context.close)


def _attempt(step: Callable[[], None]) -> None:
    """Do what follows a handler: if it fails the job keeps its outcome, and the worker's log has the error."""
    try:
        step()
    except Exception:
        logger.exception("a step after the handler failed")


def _not_completed(
    error: BaseException, job_type: JobType, hide: Callable[[object], str]
) -> Outcome:
    if isinstance(error, TimeLimitReached):
        return failed(
            "time_limit", f"The job ran longer than its time limit of {job_type.time_limit:g} s."
        )
    if isinstance(error, Cancelled):
        return Outcome(status=Status.CANCELLED, reason="the handler stopped as asked")
    if isinstance(error, InvalidParams):
        return failed("invalid_params", hide(error))
    if isinstance(error, SystemExit):
        return failed("exited", f"The handler ended its process (exit code {to_text(error.code)}).")
    return failed(
        "exception", hide(error), type=type(error).__qualname__, traceback=hide(_trace(error))
    )


def _trace(error: BaseException) -> str:
    """The traceback of an exception; without its last lines if they cannot be made, as of an odd SyntaxError."""
    try:
        return "".join(traceback.format_exception(error))
    except Exception:
        places = "".join(traceback.format_tb(error.__traceback__))
        return f"Traceback (most recent call last):\n{places}{type(error).__qualname__}: {to_text(error)}\n"


def _completed(result: object) -> Outcome:
    if result is not None and not isinstance(result, dict):
        return failed(
            "invalid_result", f"The handler returned a {type(result).__name__}, not a dict or None."
        )
    try:
        text = json.dumps(result, allow_nan=False)
        if len(text) > RESULT_LIMIT:
            message = (
                f"The result has {len(text):,} characters of JSON; {RESULT_LIMIT:,} are allowed."
            )
            return failed("invalid_result", message)
        plain = json.loads(text)  # what is stored: tuples are lists, the keys text
    except (TypeError, ValueError, RecursionError) as error:
        return failed("invalid_result", f"The result is not JSON: {error}")
    if is_deeper(plain, RESULT_DEPTH_LIMIT):
        return failed(
            "invalid_result", f"The result may be nested at most {RESULT_DEPTH_LIMIT} levels deep."
        )
    return Outcome(status=Status.COMPLETED, result=plain)


def _claim(job_id: UUID) -> Job | None:
    types = [job_type.slug for job_type in registry.all()]
    owner: dict[str, Any] = {"worker": agent.WORKER_ID, "pid": os.getpid(), "using": WORKER_DB}

    def claim() -> Job | None:
        return lifecycle.claim(job_id, types=types, **owner)

    try:
        return claim()
    except Error as error:
        connections[WORKER_DB].close()
        if trouble(error) is Trouble.BUSY:
            logger.warning("the row of job %s is locked; upkeep publishes it again", job_id)
            return None
        if is_bug(error):
            raise
    # The claim may have been committed before its answer got lost, and this process holds nothing
    # else.
    return patiently(lambda: claim() or lifecycle.held(job_id, **owner), using=WORKER_DB)
