"""Removes settled jobs past their type's retention, and files and results without a job."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db import Error
from django.db.models.functions import Now

from jobs import database, lifecycle, storage
from jobs.database import WORKER_DB
from jobs.engine.upkeep import orphan_files
from jobs.engine.upkeep.files_of_jobs import count_batch, without_files
from jobs.engine.upkeep.orphan_files import FileSearch, settled_before
from jobs.engine.upkeep.orphan_results import ResultSearch
from jobs.engine.upkeep.retention import old_jobs
from jobs.engine.upkeep.unused_uploads import remove_unused_uploads
from jobs.errors import StorageUnavailable
from jobs.models import FileStorage, JobQuerySet, Worker

logger = logging.getLogger(__name__)

BATCH = 500
COUNTED_A_STEP = 10_000  # jobs, in a dry run
SILENT_AFTER = timedelta(days=1)


@dataclass
class Pruned:
    """What a prune removed, or with `dry_run` would remove; `jobs` by type and status."""

    jobs: dict[str, dict[str, int]] = field(default_factory=dict)
    job_files: int = 0  # and uploads
    uploads: int = 0  # that no job has
    files: int = 0  # that belong to no job
    file_bytes: int = 0  # of all of them
    task_results: int = 0
    workers: int = 0
    # Why files are left alone, in a sentence with the fix; upkeep logs it only when it changes.
    refusal: str = field(default="", repr=False)

    @property
    def job_count(self) -> int:
        """How many jobs of all types and statuses."""
        return sum(sum(by_status.values()) for by_status in self.jobs.values())


def prune(
    *,
    dry_run: bool = False,
    remove_unknown_files: bool = False,
    after_step: Callable[[Pruned], object] = lambda so_far: None,
) -> Pruned:
    """Remove everything past its retention, in steps, and call `after_step` after each.

    Each step is a transaction. With `remove_unknown_files` it also removes files without a job
    where there are unlikely many.
    """
    pruned = Pruned()
    for _ in prune_steps(pruned, dry_run=dry_run, remove_unknown_files=remove_unknown_files):
        after_step(pruned)
    return pruned


def prune_steps(
    pruned: Pruned,
    *,
    dry_run: bool = False,
    whole: bool = True,
    remove_unknown_files: bool = False,
    results: ResultSearch | None = None,
) -> Iterator[None]:
    """Do what `prune` does and add to `pruned`; each step takes a few seconds at most.

    Without `whole` it checks only files and results that can have changed; `results` knows where
    its search ended.
    """
    row = _tie(pruned, dry_run)
    if not dry_run and not pruned.refusal:
        yield from _purge(pruned)  # first, so that there is room on a full disk
    for job_type, jobs in old_jobs():
        if pruned.refusal:
            jobs = without_files(jobs)
        yield from _prune_jobs(job_type, jobs, pruned, dry_run)
    if not pruned.refusal:
        for removed in remove_unused_uploads(whole=whole, dry_run=dry_run):
            pruned.uploads += removed.count
            pruned.file_bytes += removed.size
            yield
        search = FileSearch(row, whole, settled_before())
        yield from _prune_files(pruned, search, dry_run, remove_unknown_files)
    for count in (results or ResultSearch()).steps(whole=whole, dry_run=dry_run):
        pruned.task_results += count
        yield
    silent = Worker.objects.using(WORKER_DB).filter(heartbeat_at__lt=Now() - SILENT_AFTER)
    pruned.workers = silent.count() if dry_run else silent.delete()[0]
    if not dry_run:
        logger.info("pruned %s", pruned)


def _tie(pruned: Pruned, dry_run: bool) -> FileStorage | None:
    try:
        if not dry_run:
            return storage.tie(WORKER_DB)
        pruned.refusal = storage.problem(WORKER_DB) or ""
    except StorageUnavailable as error:
        pruned.refusal = error.diagnosis
    return None


def _purge(pruned: Pruned) -> Iterator[None]:
    """Delete the files that were removed a week ago."""
    try:
        yield from storage.purge(using=WORKER_DB)
    except StorageUnavailable as error:
        pruned.refusal = error.diagnosis


def _prune_jobs(job_type: str, old: JobQuerySet, pruned: Pruned, dry_run: bool) -> Iterator[None]:
    if dry_run:
        yield from _count_jobs(job_type, old, pruned)
        return
    size, stuck = BATCH, list[UUID]()
    while ids := list(old.exclude(id__in=stuck).values_list("id", flat=True)[:size]):
        names = _prune_batch(job_type, old.filter(id__in=ids), ids, pruned)
        if names is not None:
            yield from _remove_files(names, pruned)
            size = min(BATCH, 2 * size)
        elif size > 1:  # one was deleted or is locked, or their logs are very long
            size = max(1, size // 8)
        else:
            stuck += ids
            logger.warning("job %s cannot be pruned now; the next prune tries again", ids[0])
        yield


def _count_jobs(job_type: str, old: JobQuerySet, pruned: Pruned) -> Iterator[None]:
    """Count what would be removed, in steps: one query of millions would take too long."""
    rest = old
    while ids := list(rest.values_list("id", flat=True)[:COUNTED_A_STEP]):
        _add(pruned, job_type, *count_batch(rest.filter(id__lte=ids[-1])))
        rest = old.filter(id__gt=ids[-1])
        yield


def _prune_batch(
    job_type: str, jobs: JobQuerySet, ids: list[UUID], pruned: Pruned
) -> list[str] | None:
    """Remove jobs; return the names of their files, or None if PostgreSQL does not in time."""
    try:
        counts = count_batch(jobs)
        stored_names = lifecycle.remove(ids, using=WORKER_DB)
    except Error as error:
        if database.is_passing(error):
            return None
        raise
    if stored_names is not None:
        _add(pruned, job_type, *counts)
    return stored_names


def _remove_files(stored_names: list[str], pruned: Pruned) -> Iterator[None]:
    """Remove the files of removed jobs, in steps."""
    try:
        yield from (None for _ in storage.move_to_removed(stored_names, using=WORKER_DB))
    except StorageUnavailable as error:
        pruned.refusal = error.diagnosis  # a later search finds the files, now without a job


def _add(pruned: Pruned, job_type: str, by_status: Counter[str], files: int, size: int) -> None:
    if by_status:
        pruned.jobs[job_type] = dict(by_status + Counter(pruned.jobs.get(job_type, {})))
    pruned.job_files += files
    pruned.file_bytes += size


def _prune_files(
    pruned: Pruned, search: FileSearch, dry_run: bool, remove_unknown_files: bool
) -> Iterator[None]:
    """Remove files without a job."""
    try:
        yield from search.steps()
        if search.refusal and not remove_unknown_files:
            pruned.refusal = search.refusal
            if not dry_run:
                orphan_files.note_refusal(search.refusal)
            return
        pruned.files += len(search.orphans)
        pruned.file_bytes += sum(search.orphans.values())
        if not dry_run:
            yield from orphan_files.remove_orphans(search)
    except StorageUnavailable as error:
        pruned.refusal = error.diagnosis
