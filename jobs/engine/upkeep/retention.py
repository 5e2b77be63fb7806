"""The settled jobs that are past their type's retention."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from jobs import database, registry
from jobs.database import WORKER_DB
from jobs.engine.upkeep.unknown import stored_types
from jobs.lifecycle import KEY_REMEMBERED
from jobs.models import SETTLED, Job, JobQuerySet

RETENTION_DAYS_OF_UNKNOWN_TYPES = 30


def old_jobs() -> Iterator[tuple[str, JobQuerySet]]:
    """Yield each type of any job, with its jobs of one final status past their retention, by id."""
    now = database.now(WORKER_DB)
    for job_type, days in _retentions().items():
        before = now - timedelta(days=days)
        # The id holds its job's time, so this reads no job that is too young.
        jobs = Job.objects.using(WORKER_DB).filter(
            Q(idempotency_key=None) | Q(created_at__lt=now - KEY_REMEMBERED),
            type=job_type,
            id__lt=_first_id_at(before),
            finished_at__lt=before,
        )
        for status in SETTLED:  # the index keeps the order of ids within one status
            yield job_type, jobs.filter(status=status).order_by("id")


def _retentions() -> dict[str, int]:
    known = {one.slug: one.retention_days for one in registry.all()}
    return {
        name: known.get(name, RETENTION_DAYS_OF_UNKNOWN_TYPES) for name in sorted(stored_types())
    }


def _first_id_at(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of a millisecond."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
