"""Ends an attempt whose process or worker was lost.

The job is cancelled if it was asked to stop, runs again if its type allows it, or fails.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from jobs import lifecycle, registry
from jobs.engine import broker
from jobs.errors import BrokerUnavailable
from jobs.lifecycle import Outcome, failed
from jobs.models import Job, Status

logger = logging.getLogger(__name__)


def end_attempt(
    job: Job,
    *,
    code: str,
    message: str,
    actor: str,
    lease_until: datetime | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Job | None:
    """End the attempt that `job` shows; returns the job as it is now.

    Returns None if the attempt no longer holds the job, or `lease_until` is not its lease.
    """
    fence: dict[str, Any] = {"attempt": job.attempt, "actor": actor, "using": using}
    fence["lease_until"] = lease_until
    cancelled = Outcome(status=Status.CANCELLED, reason=message)
    if job.cancel_requested_at is not None:
        return lifecycle.settle(job.id, cancelled, **fence)
    if job.attempt >= _max_attempts(job):
        return lifecycle.settle(job.id, failed(code, message), **fence)
    waiting = lifecycle.release(job.id, reason=message, **fence)
    if waiting is None:  # a cancel may have been requested since the job was read
        return lifecycle.settle(job.id, cancelled, only_if_cancel_requested=True, **fence)
    _publish(waiting)
    return waiting


def _max_attempts(job: Job) -> int:
    job_type = registry.find(job.type)
    return job_type.max_attempts if job_type else 1


def _publish(job: Job) -> None:
    try:
        broker.publish([job])
    except BrokerUnavailable:
        message = "job %s waits again, but the broker is away; upkeep publishes it later"
        logger.warning(message, job.id)
