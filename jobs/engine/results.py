"""The Celery result backend: the outcome of a job goes to lifecycle.settle, and nothing else is kept.

Celery calls store_result in the child that ran the task, and in the worker's main process for a child that died.
"""

import logging
import os
import time
from typing import Any
from uuid import UUID

from celery import states
from django.db import InterfaceError, OperationalError, connections
from django_celery_results.backends.database import DatabaseBackend

from jobs import lifecycle
from jobs.engine import agent
from jobs.lifecycle import WORKER_DB, Outcome
from jobs.models import Job

logger = logging.getLogger(__name__)

SETTLE_FOR_SECONDS = 600
RETRY_AFTER_SECONDS = 1.0


class JobResultBackend(DatabaseBackend):
    """Stores what became of jobs; any other state or task is none of its business."""

    def store_result(
        self, task_id: str, result: Any, state: str, traceback: Any = None, request: Any = None, **kwargs: Any
    ) -> Any:
        """Settle the job, or leave its outcome to the agent where the child cannot say it any more."""
        outcome = getattr(request, "outcome", None)
        if outcome is not None:
            settle(UUID(task_id), outcome, request.attempt)
        elif state == states.FAILURE and getattr(request, "child_pid", None):
            agent.report_lost(UUID(task_id), request.child_pid, str(result))
        return result


def settle(job_id: UUID, outcome: Outcome, attempt: int) -> None:
    """Write the outcome, however long PostgreSQL is away (10 minutes, then the process ends itself).

    Never raises for a lost attempt: Celery would store FAILURE for what succeeded.
    """
    give_up_at = time.monotonic() + SETTLE_FOR_SECONDS
    while True:
        try:
            job = lifecycle.settle(job_id, outcome, attempt=attempt, actor=agent.actor(), using=WORKER_DB)
            break
        except (OperationalError, InterfaceError):
            connections[WORKER_DB].close()
            if time.monotonic() > give_up_at:
                logger.critical("PostgreSQL is away, the outcome cannot be stored; ending this process")
                os._exit(1)
            logger.warning("PostgreSQL is away, the outcome waits")
            time.sleep(RETRY_AFTER_SECONDS)
    if job is None and not _settled_by(job_id, attempt):
        logger.warning("attempt %s no longer holds the job; its outcome is dropped", attempt)


def _settled_by(job_id: UUID, attempt: int) -> bool:
    # The statement may have been committed before its answer got lost.
    return Job.objects.using(WORKER_DB).settled().filter(id=job_id, attempt=attempt).exists()
