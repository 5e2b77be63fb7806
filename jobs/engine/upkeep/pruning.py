"""Removes what is past its time: settled jobs by their type's retention, and what belongs to no job any more."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.core.files.storage import Storage, storages
from django.db.models import CharField, Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import Cast, Now
from django.utils import timezone
from django_celery_results.models import TaskResult

from jobs import database, lifecycle, registry
from jobs.engine.upkeep.unknown import stored_types
from jobs.lifecycle import KEY_REMEMBERED, WORKER_DB
from jobs.models import SETTLED, Job, JobFile, JobQuerySet, Worker

logger = logging.getLogger(__name__)

BATCH = 500
RETENTION_DAYS_OF_UNKNOWN_TYPES = 30
# A file is stored before its row is written: only one this old can have lost it.
ORPHAN_AFTER = timedelta(days=1)


@dataclass
class Pruned:
    """What a prune removed, or with `dry_run` would remove; `jobs` by type and status."""

    jobs: dict[str, dict[str, int]] = field(default_factory=dict)
    job_files: int = 0
    files: int = 0  # that belong to no job
    file_bytes: int = 0  # of both
    task_results: int = 0
    workers: int = 0

    @property
    def job_count(self) -> int:
        """The jobs of every type and status."""
        return sum(sum(by_status.values()) for by_status in self.jobs.values())


def prune(*, dry_run: bool = False, told: Callable[[Pruned], object] = lambda so_far: None) -> Pruned:
    """Remove all that is past its time, in batches, each its own transaction; `told` hears of each batch."""
    pruned = Pruned()
    for job_type, jobs in old_jobs():
        _prune_jobs(job_type, jobs, pruned, dry_run, told)
    _prune_files(pruned, dry_run, told)
    pruned.task_results = _prune_task_results(dry_run)
    silent = Worker.objects.using(WORKER_DB).filter(heartbeat_at__lt=Now() - ORPHAN_AFTER)
    pruned.workers = silent.count() if dry_run else silent.delete()[0]
    if not dry_run:
        logger.info("pruned %s", pruned)
    return pruned


def old_jobs() -> Iterator[tuple[str, JobQuerySet]]:
    """Each type that any job has, with its settled jobs past their retention, by id."""
    now = database.now(WORKER_DB)
    for job_type, days in _retentions().items():
        before = now - timedelta(days=days)
        # The id holds the time of its making, so this reads no job that is too young.
        jobs = Job.objects.using(WORKER_DB).filter(
            Q(idempotency_key=None) | Q(created_at__lt=now - KEY_REMEMBERED),
            type=job_type,
            status__in=SETTLED,
            id__lt=_first_id_at(before),
            finished_at__lt=before,
        )
        yield job_type, jobs.order_by("id")


def _retentions() -> dict[str, int]:
    known = {one.slug: one.retention_days for one in registry.all()}
    return {name: known.get(name, RETENTION_DAYS_OF_UNKNOWN_TYPES) for name in sorted(stored_types())}


def _prune_jobs(
    job_type: str, old: JobQuerySet, pruned: Pruned, dry_run: bool, told: Callable[[Pruned], object]
) -> None:
    if dry_run:
        _add(pruned, job_type, *_counts(old))
        return
    while ids := list(old.values_list("id", flat=True)[:BATCH]):
        counts = _counts(old.filter(id__in=ids))
        stored_names = lifecycle.remove(ids, using=WORKER_DB)
        if stored_names is None:  # somebody deleted one of them meanwhile
            break
        for name in stored_names:
            storages["jobs"].delete(name)
        _add(pruned, job_type, *counts)
        told(pruned)


def _counts(jobs: JobQuerySet) -> tuple[Counter[str], int, int]:
    """How many jobs of each status, how many files of theirs, and the bytes of these."""
    unordered = jobs.order_by()
    by_status = Counter(dict(unordered.values_list("status").annotate(Count("id"))))
    files = JobFile.objects.using(WORKER_DB).filter(job__in=unordered)
    found = files.aggregate(count=Count("id"), bytes=Sum("size", default=0))
    return by_status, found["count"], int(found["bytes"])


def _add(pruned: Pruned, job_type: str, by_status: Counter[str], files: int, size: int) -> None:
    if by_status:
        pruned.jobs[job_type] = dict(by_status + Counter(pruned.jobs.get(job_type, {})))
    pruned.job_files += files
    pruned.file_bytes += size


def _first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a millisecond."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def _prune_files(pruned: Pruned, dry_run: bool, told: Callable[[Pruned], object]) -> None:
    storage = storages["jobs"]
    # A file's time is of the clock that runs here or beside its disk: what only one of the two calls old may be new.
    before = min(database.now(WORKER_DB), timezone.now()) - ORPHAN_AFTER
    for folder in _folders(storage):
        stored = {f"{folder}/{name}" for name in storage.listdir(folder)[1]}
        owned = JobFile.objects.using(WORKER_DB).filter(stored_name__in=stored)
        orphans = [
            name
            for name in stored - set(owned.values_list("stored_name", flat=True))
            if storage.get_modified_time(name) < before
        ]
        pruned.files += len(orphans)
        pruned.file_bytes += sum(storage.size(name) for name in orphans)
        if not dry_run:
            for name in orphans:
                storage.delete(name)
            if not stored - set(orphans):
                storage.delete(folder)
        told(pruned)


def _folders(storage: Storage) -> Iterator[str]:
    try:
        yield from storage.listdir("")[0]
    except FileNotFoundError:  # nothing was ever saved
        return


def _prune_task_results(dry_run: bool) -> int:
    owner = Job.objects.annotate(text_id=Cast("id", CharField())).filter(text_id=OuterRef("task_id"))
    orphans = TaskResult.objects.using(WORKER_DB).filter(
        ~Exists(owner), date_done__lt=Now() - timedelta(days=RETENTION_DAYS_OF_UNKNOWN_TYPES)
    )
    return orphans.count() if dry_run else orphans.delete()[0]
