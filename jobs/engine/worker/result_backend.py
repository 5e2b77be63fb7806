"""The Celery result backend: the outcome of a job goes to lifecycle.settle, and nothing else is kept.

Celery calls store_result in the child that ran the task, and in the worker's main process for a
child that died.
"""

import logging
import re
from typing import Any
from uuid import UUID

from celery import states
from django.db import Error
from django_celery_results.backends.database import DatabaseBackend

from jobs import lifecycle
from jobs.database import explain
from jobs.engine.worker import agent
from jobs.lifecycle import WORKER_DB, Outcome, failed, patiently
from jobs.models import Job

logger = logging.getLogger(__name__)

EXIT = re.compile(r"signal \d+|exitcode -?\d+")


class JobResultBackend(DatabaseBackend):
    """Stores what became of jobs; it ignores every other state or task."""

    def store_result(
        self,
        task_id: str,
        result: Any,
        state: str,
        traceback: Any = None,
        request: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Settle the job, or leave its outcome to the agent where the child cannot say it any more."""
        outcome = getattr(request, "outcome", None)
        if outcome is not None:
            settle(UUID(task_id), outcome, request.attempt)
        elif state == states.FAILURE and getattr(request, "child_pid", None):
            agent.report_lost(UUID(task_id), request.child_pid, _how_it_ended(result))
        return result


def _how_it_ended(error: object) -> str:
    how = EXIT.search(str(error))
    return (
        f"worker process lost ({how.group().replace('exitcode', 'exit code')})"
        if how
        else str(error)
    )


def settle(job_id: UUID, outcome: Outcome, attempt: int) -> None:
    """Write the outcome, retrying while PostgreSQL is in trouble (10 minutes, then the process ends itself).

    Never raises for a lost attempt: Celery would store FAILURE for what succeeded.
    """
    try:
        settled = patiently(lambda: _is_settled(job_id, outcome, attempt), using=WORKER_DB)
    except Exception as error:  # left unwritten it would be reported as a lost worker
        logger.exception("the outcome cannot be written")
        is_refused = isinstance(error, Error)
        refused = failed("invalid_result", explain(error)) if is_refused else internal_error(error)
        settled = patiently(lambda: _is_settled(job_id, refused, attempt), using=WORKER_DB)
    if not settled:
        logger.warning("attempt %s no longer holds the job; its outcome is dropped", attempt)


def internal_error(error: Exception) -> Outcome:
    """The outcome of a job at which the job system failed; the error's text may hold a secret, its type does not."""
    message = f"The job system failed, not the handler ({type(error).__name__}). The worker's log says more."
    return failed("internal_error", message)


def _is_settled(job_id: UUID, outcome: Outcome, attempt: int) -> bool:
    job = lifecycle.settle(job_id, outcome, attempt=attempt, actor=agent.actor(), using=WORKER_DB)
    return job is not None or _settled_by(job_id, attempt)


def _settled_by(job_id: UUID, attempt: int) -> bool:
    # The statement may have been committed before its answer got lost.
    return Job.objects.using(WORKER_DB).settled().filter(id=job_id, attempt=attempt).exists()
