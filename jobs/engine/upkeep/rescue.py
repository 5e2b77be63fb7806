"""Ends the attempts of lost workers.

A late heartbeat is no lost worker, and neither is a database that was away.
"""

import logging
import time
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from jobs.engine.lost_attempts import end_attempt
from jobs.engine.upkeep.passes import ACTOR, LIMIT
from jobs.lifecycle import WORKER_DB
from jobs.models import Job, Status

logger = logging.getLogger(__name__)


class Rescue:
    """Ends an attempt when the same expired lease was seen twice, three quarters of a lease apart.

    With a lease of 60 s: at most 60 s until it expires, 45 s more, and twice 5 s between passes:
    within 120 s.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[UUID, int, datetime | None], float] = {}
        self._quiet_until = 0.0

    def forget(self) -> None:
        """Start over, and rescue nothing for a lease: after an outage workers need time to renew theirs."""
        self._seen.clear()
        self._quiet_until = time.monotonic() + settings.JOBS_LEASE_SECONDS

    def run(self) -> int:
        """One pass; returns how many attempts it ended."""
        now = time.monotonic()
        if now < self._quiet_until:
            return 0
        jobs = {(job.id, job.attempt, job.lease_until): job for job in _expired()}
        self._seen = {key: self._seen.get(key, now) for key in jobs}
        lost = [
            job
            for key, job in jobs.items()
            if now - self._seen[key] >= settings.JOBS_LEASE_SECONDS * 0.75
        ]
        return sum(_end(job) for job in lost)


def _expired() -> list[Job]:
    """Return the jobs whose leases have ended. One that is locked is not seen: its worker could not renew the lease."""
    processing = Job.objects.using(WORKER_DB).filter(
        status=Status.PROCESSING, lease_until__lt=Now()
    )
    with transaction.atomic(using=WORKER_DB):
        return list(
            processing.order_by("lease_until").select_for_update(skip_locked=True, no_key=True)[
                :LIMIT
            ]
        )


def _end(job: Job) -> bool:
    message = f"The worker stopped answering; its lease ended at {job.lease_until:%H:%M:%S} UTC."
    ended = end_attempt(
        job,
        code="worker_lost",
        message=message,
        actor=ACTOR,
        lease_until=job.lease_until,
        using=WORKER_DB,
    )
    if ended is not None:
        logger.warning("rescued job %s, attempt %s: %s", job.id, job.attempt, ended.status)
    return ended is not None
