"""Calls the handler of a claimed job, and makes one Outcome of its result or exception."""

import contextlib
import json
import logging
import os
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from jobs import parameters, registry
from jobs.durations import limit_duration
from jobs.engine.worker.isolation import call_apart, isolated_process
from jobs.engine.worker.output import logged_output
from jobs.engine.worker.reports import report_exception
from jobs.engine.worker.state import current_worker
from jobs.errors import InvalidParams
from jobs.handler.context import Cancelled, JobContext, TimeLimitReached
from jobs.handler.frames import innermost_function
from jobs.lifecycle import Outcome, failed
from jobs.models import Job, Status
from jobs.registry import JobType
from jobs.safe_text import is_deeper, to_text
from jobs.uploads import close_uploads

logger = logging.getLogger(__name__)

RESULT_LIMIT = 256 * 1024
RESULT_DEPTH_LIMIT = 100  # to read or write each level takes some of Python's 1,000 frames


def execute(job: Job) -> Outcome:
    """Call the handler of a claimed job; returns one Outcome, also if the job system fails."""
    try:
        return _called(job)
    except Exception as error:  # left to Celery it would be reported as a lost worker
        logger.exception("the job system failed at job %s", job.id)
        outcome = internal_error(error)
        report_exception(job, error, outcome)
        return outcome


def internal_error(error: Exception) -> Outcome:
    """Return the outcome of a job at which the job system failed.

    It has the error's type and not its text, which may hold a secret.
    """
    failure = f"The job system failed, not the handler ({type(error).__name__})."
    return failed("internal_error", f"{failure} The worker's log says more.")


def _called(job: Job) -> Outcome:
    job_type = registry.get(job.type)
    secrets = parameters.secrets_in(job_type, job.params)
    hide = partial(parameters.hide, secrets)
    context = JobContext(
        job, time_limit=job_type.time_limit, hide=hide, is_asked=_noted_cancel(job)
    )
    interruptible = _interruptible(job, job_type)
    params: dict[str, Any] = {}
    try:
        with isolated_process(), context.logging(), interruptible, logged_output():
            user = parameters.requester(job_type, job)
            params = parameters.clean(job_type, job.params, user=user)
            secrets += parameters.secrets_in(job_type, params)
            result = call_apart(job_type.run, context, **params)
        return _completed(result)
    except BaseException as error:
        outcome = _not_completed(error, job_type, hide)
        if outcome.error_code == "exception":
            report_exception(job, error, outcome, hide)
        return outcome
    finally:
        close_uploads(params)
        _close(context)


def _interruptible(job: Job, job_type: JobType) -> contextlib.AbstractContextManager[None]:
    """Return the block in which the worker may interrupt the job; without a worker, none does."""
    worker = current_worker()
    return worker.interrupts.interruptible(job, job_type) if worker else contextlib.nullcontext()


def _noted_cancel(job: Job) -> Callable[[], bool]:
    """Return the question whether the worker knows of a cancel request for the attempt."""
    worker = current_worker()
    return partial(worker.interrupts.has_note, os.getpid(), job) if worker else lambda: False


def _close(context: JobContext) -> None:
    """Flush the context; if that fails the job keeps its outcome, and the error is logged."""
    try:
        context.close()
    except Exception:  # of any kind: the handler has ended and its outcome is known
        logger.exception("a step after the handler failed")


def _not_completed(
    error: BaseException, job_type: JobType, hide: Callable[[object], str]
) -> Outcome:
    if isinstance(error, TimeLimitReached):
        limit = limit_duration(job_type.time_limit)
        return failed("time_limit", f"The job ran longer than its time limit of {limit}.")
    if isinstance(error, Cancelled):
        return Outcome(status=Status.CANCELLED, reason="the handler stopped as asked")
    if isinstance(error, InvalidParams):
        return failed("invalid_params", hide(error))
    if isinstance(error, SystemExit):
        return failed("exited", f"The handler ended its process (exit code {hide(error.code)}).")
    kind, text = type(error).__qualname__, hide(_format(error))
    function = innermost_function(text, job_type.slug)
    return failed("exception", hide(error), type=kind, traceback=text, function=function)


def _format(error: BaseException) -> str:
    """Return an exception's traceback; only a part of it if Python cannot format the exception."""
    try:
        return "".join(traceback.format_exception(error))
    except Exception:  # the exception's own __str__ may raise anything
        frames = "".join(traceback.format_tb(error.__traceback__))
        last_line = f"{type(error).__qualname__}: {to_text(error)}\n"
        return f"Traceback (most recent call last):\n{frames}{last_line}"


def _completed(result: object) -> Outcome:
    if result is not None and not isinstance(result, dict):
        kind = type(result).__name__
        return _invalid_result(f"The handler returned a {kind}, not a dict or None.")
    try:
        text = json.dumps(result, allow_nan=False)
        if len(text) > RESULT_LIMIT:
            size = f"{len(text):,} characters of JSON"
            return _invalid_result(f"The result has {size}; {RESULT_LIMIT:,} are allowed.")
        plain = json.loads(text)  # as it is stored: tuples are lists, and keys are text
    except (TypeError, ValueError, RecursionError) as error:
        return _invalid_result(f"The result is not JSON: {error}")
    if is_deeper(plain, RESULT_DEPTH_LIMIT):
        return _invalid_result(
            f"The result may be nested at most {RESULT_DEPTH_LIMIT} levels deep."
        )
    return Outcome(status=Status.COMPLETED, result=plain)


def _invalid_result(message: str) -> Outcome:
    return failed("invalid_result", message)
