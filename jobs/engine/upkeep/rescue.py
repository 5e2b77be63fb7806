"""Ends the attempts of lost workers.

A late heartbeat does not make a worker lost, and an outage of PostgreSQL does not either.
"""

import logging
import time
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from jobs.database import WORKER_DB
from jobs.engine.lost_attempts import end_attempt
from jobs.engine.upkeep.passes import ACTOR, JOBS_A_PASS
from jobs.models import Job, Status

logger = logging.getLogger(__name__)


class Rescue:
    """Ends an attempt after seeing the same expired lease twice, three quarters of a lease apart.

    With a lease of 60 s that takes at most 120 s: 60 s until it expires, 45 s more, and twice the
    5 s between passes.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[UUID, int, datetime | None], float] = {}
        self._quiet_until = 0.0

    def forget(self) -> None:
        """Start over, and rescue nothing for a lease: workers must first renew their leases.

        Called after an outage.
        """
        self._seen.clear()
        self._quiet_until = time.monotonic() + settings.JOBS_LEASE_SECONDS

    def run(self) -> int:
        """Do one pass; returns how many attempts it ended."""
        now = time.monotonic()
        if now < self._quiet_until:
            return 0
        jobs = {(job.id, job.attempt, job.lease_until): job for job in _expired()}
        self._seen = {key: self._seen.get(key, now) for key in jobs}
        long_ago = now - 0.75 * settings.JOBS_LEASE_SECONDS
        lost = [job for key, job in jobs.items() if self._seen[key] <= long_ago]
        return sum(_try_end(job) for job in lost)


def _expired() -> list[Job]:
    """Return jobs whose leases have ended.

    Locked rows are left out, because their worker could not renew the lease.
    """
    processing = Job.objects.using(WORKER_DB).filter(status=Status.PROCESSING)
    expired = processing.filter(lease_until__lt=Now()).order_by("lease_until")
    with transaction.atomic(using=WORKER_DB):
        return list(expired.select_for_update(skip_locked=True, no_key=True)[:JOBS_A_PASS])


def _try_end(job: Job) -> bool:
    message = f"The worker stopped answering; its lease ended at {job.lease_until:%H:%M:%S} UTC."
    fence: dict[str, Any] = {"actor": ACTOR, "lease_until": job.lease_until, "using": WORKER_DB}
    ended = end_attempt(job, code="worker_lost", message=message, **fence)
    if ended is not None:
        logger.warning("rescued job %s, attempt %s: %s", job.id, job.attempt, ended.status)
    return ended is not None
