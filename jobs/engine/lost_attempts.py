"""What becomes of an attempt whose worker cannot say it: cancelled as asked, tried again where allowed, or failed."""

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
    """End the attempt that `job` shows; None if it no longer holds the job (under that lease, if one is given)."""
    fence: dict[str, Any] = {
        "attempt": job.attempt,
        "actor": actor,
        "lease_until": lease_until,
        "using": using,
    }
    cancelled = Outcome(status=Status.CANCELLED, reason=message)
    if job.cancel_requested_at is not None:
        return lifecycle.settle(job.id, cancelled, **fence)
    if job.attempt >= _max_attempts(job):
        return lifecycle.settle(job.id, failed(code, message), **fence)
    waits = lifecycle.release(job.id, reason=message, **fence)
    if waits is None:  # it may have been asked to stop since we looked
        return lifecycle.settle(job.id, cancelled, only_if_asked=True, **fence)
    _publish(waits)
    return waits


def _max_attempts(job: Job) -> int:
    job_type = registry.find(job.type)
    return job_type.max_attempts if job_type else 1


def _publish(job: Job) -> None:
    try:
        broker.publish([job])
    except BrokerUnavailable:
        logger.warning(
            "job %s waits again, but the broker is away; upkeep publishes it later", job.id
        )
