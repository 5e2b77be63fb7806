"""Fails waiting jobs of a type that no live worker has known for ten leases (10 minutes)."""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import connections
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from jobs import lifecycle
from jobs.database import WORKER_DB, distinct_values
from jobs.durations import limit_duration
from jobs.engine.upkeep.passes import ACTOR, JOBS_A_PASS
from jobs.lifecycle import failed
from jobs.models import Job, Status, Worker
from jobs.safe_text import quantity

logger = logging.getLogger(__name__)

PATIENCE_LEASES = 10

# A type may be held because a deploy lacks it for a while.
NOT_ON_HOLD = RawSQL(
    f"NOT EXISTS ({lifecycle.holds_of('jobs_job')})", (), output_field=BooleanField()
)

STORED_TYPES = " UNION ".join(
    "({})".format(distinct_values("jobs_job", "type", where=f"status = '{status}'"))
    for status in Status.values
)


def stored_types() -> set[str]:
    """Return the types of all jobs."""
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(STORED_TYPES)
        return {name for (name,) in cursor.fetchall()}


class GiveUpUnknown:
    """Remembers since when each type has been unknown to all live workers.

    Without a live worker no type is unknown: jobs wait for workers without a limit.
    """

    def __init__(self) -> None:
        self._since: dict[str, float] = {}

    def run(self) -> int:
        """Do one pass; returns how many jobs it failed."""
        now = time.monotonic()
        self._since = {name: self._since.get(name, now) for name in _unknown()}
        patience = PATIENCE_LEASES * settings.JOBS_LEASE_SECONDS
        given_up = [name for name, since in self._since.items() if now - since >= patience]
        return sum(_fail(name, patience) for name in given_up)


def _unknown() -> set[str]:
    live = Worker.objects.using(WORKER_DB).live()
    known = [set(types) for types in live.values_list("types", flat=True)]
    if not known:
        return set()
    return stored_types() - set.union(*known)


def _fail(name: str, patience: float) -> int:
    message = f"No live worker has known the type {name} for {limit_duration(patience)}."
    outcome = failed("unknown_type", message)
    waiting = Job.objects.using(WORKER_DB).filter(type=name, status=Status.PENDING)
    old = waiting.filter(NOT_ON_HOLD, created_at__lt=Now() - timedelta(seconds=patience))
    jobs = list(old.order_by("id").values_list("id", "publishes")[:JOBS_A_PASS])
    for job_id, publishes in jobs:
        lifecycle.give_up(job_id, outcome, publishes=publishes, actor=ACTOR, using=WORKER_DB)
    if jobs:
        logger.warning("failed %s of the unknown type %s", quantity(len(jobs), "job"), name)
    return len(jobs)
