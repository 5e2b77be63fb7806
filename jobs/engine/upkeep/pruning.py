"""Removes what is past its time: settled jobs by their type's retention, and what belongs to no job any more."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import Storage, storages
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils import timezone
from django_celery_results.models import TaskResult

from jobs import lifecycle, registry
from jobs.engine.upkeep.unknown import stored_types
from jobs.lifecycle import WORKER_DB
from jobs.models import Job, JobFile, Worker

logger = logging.getLogger(__name__)

BATCH = 500
RETENTION_DAYS_OF_UNKNOWN_TYPES = 30
# A file is stored before its row is written: only one this old can have lost it.
ORPHAN_AFTER = timedelta(days=1)


@dataclass
class Pruned:
    """What a prune removed, or with `dry_run` would remove."""

    jobs: dict[str, int] = field(default_factory=dict)
    files: int = 0
    task_results: int = 0
    workers: int = 0


def prune(*, dry_run: bool = False) -> Pruned:
    """Remove all that is past its time, in batches, each its own transaction."""
    pruned = Pruned()
    for job_type, days in _retentions().items():
        count = _prune_type(job_type, timezone.now() - timedelta(days=days), dry_run)
        if count:
            pruned.jobs[job_type] = count
    pruned.files = _prune_files(dry_run)
    pruned.task_results = _prune_task_results(dry_run)
    silent = Worker.objects.using(WORKER_DB).filter(heartbeat_at__lt=timezone.now() - ORPHAN_AFTER)
    pruned.workers = silent.count() if dry_run else silent.delete()[0]
    logger.info("pruned %s", pruned)
    return pruned


def _retentions() -> dict[str, int]:
    known = {one.slug: one.retention_days for one in registry.all()}
    return {name: known.get(name, RETENTION_DAYS_OF_UNKNOWN_TYPES) for name in sorted(stored_types())}


def _prune_type(job_type: str, before: datetime, dry_run: bool) -> int:
    # The id holds the time of its making, so this reads no job that is too young.
    old = (
        Job.objects.using(WORKER_DB)
        .settled()
        .filter(type=job_type, id__lt=_first_id_at(before), finished_at__lt=before)
        .filter(Q(idempotency_key=None) | Q(created_at__lt=timezone.now() - timedelta(hours=24)))
        .order_by("id")
    )
    if dry_run:
        return old.count()
    count = 0
    while ids := list(old.values_list("id", flat=True)[:BATCH]):
        stored_names = lifecycle.remove(ids, using=WORKER_DB)
        if stored_names is None:  # somebody deleted one of them meanwhile
            break
        for name in stored_names:
            storages["jobs"].delete(name)
        count += len(ids)
    return count


def _first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a millisecond."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _prune_files(dry_run: bool) -> int:
    storage = storages["jobs"]
    count = 0
    for folder in _folders(storage):
        stored = {f"{folder}/{name}" for name in storage.listdir(folder)[1]}
        owned = JobFile.objects.using(WORKER_DB).filter(stored_name__in=stored)
        orphans = [
            name
            for name in stored - set(owned.values_list("stored_name", flat=True))
            if storage.get_modified_time(name) < timezone.now() - ORPHAN_AFTER
        ]
        count += len(orphans)
        if not dry_run:
            for name in orphans:
                storage.delete(name)
            if not stored - set(orphans):
                storage.delete(folder)
    return count


def _folders(storage: Storage) -> Iterator[str]:
    try:
        yield from storage.listdir("")[0]
    except FileNotFoundError:  # nothing was ever saved
        return


def _prune_task_results(dry_run: bool) -> int:
    owner = Job.objects.annotate(text_id=Cast("id", CharField())).filter(text_id=OuterRef("task_id"))
    orphans = TaskResult.objects.using(WORKER_DB).filter(
        ~Exists(owner), date_done__lt=timezone.now() - timedelta(days=RETENTION_DAYS_OF_UNKNOWN_TYPES)
    )
    return orphans.count() if dry_run else orphans.delete()[0]
