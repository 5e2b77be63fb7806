"""Takes the job of a message: claims it, or parks it, or gives the message back."""

import logging
import os
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import Error, connections

from jobs import lifecycle
from jobs.database import WORKER_DB, Trouble, explain, is_bug, retry_while_away, trouble
from jobs.engine import broker
from jobs.engine.parked_jobs import let_next_in
from jobs.engine.worker.state import WorkerState
from jobs.errors import BrokerUnavailable
from jobs.lifecycle import Admission, Room
from jobs.models import Job

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claimed:
    """A job that this process holds, and the room that it takes if its type has a limit."""

    job: Job
    room: Room | None


def claim_job(job_id: UUID, worker: WorkerState) -> Claimed | None:
    """Claim a job; None if it does not wait for this worker, or may not begin now.

    Until its outcome is written the main process knows that this process has taken it.
    """
    worker.running.take(job_id)
    job, room = _try_claim(job_id, worker) or Admission(None, None)
    if job is not None:
        return Claimed(job, room)
    worker.running.release()
    logger.info("job %s does not wait for this worker; the message is dropped", job_id)
    if room is not None:
        # Its last job may have ended just before this one was parked.
        let_in_after(room, job_id)
    return None


def _try_claim(job_id: UUID, worker: WorkerState) -> Admission | None:
    owner: dict[str, Any] = {"worker": worker.id, "pid": os.getpid(), "using": WORKER_DB}

    def claim() -> Admission:
        job = lifecycle.claim(job_id, types=worker.unlimited_types, **owner)
        if job is not None:
            return Admission(job, None)
        return lifecycle.admit(job_id, types=worker.types, limits=worker.limits, **owner)

    def claim_or_find() -> Admission:
        admission = claim()
        if admission.job is None:
            return Admission(lifecycle.held(job_id, **owner), admission.room)
        return admission

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
    return retry_while_away(claim_or_find, using=WORKER_DB)


def let_in_after(room: Room, after: UUID) -> None:
    """Publish the next job of a limit; upkeep does it within seconds if this fails."""
    try:
        let_next_in(room, after, using=WORKER_DB)
    except Error as error:
        connections[WORKER_DB].close()
        logger.warning("the next job of its limit waits for upkeep: %s", explain(error))


def give_back(job_id: UUID, queue: str) -> None:
    """Put a message that Celery had taken before the worker was drained back into its queue."""
    try:
        broker.hand_back(job_id, queue)
    except BrokerUnavailable:
        logger.warning("a message is not given back; upkeep publishes it again")
