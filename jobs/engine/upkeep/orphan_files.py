"""Finds stored files that belong to no job, left behind by a crash, and removes them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from django.utils import timezone

from jobs import database, storage
from jobs.database import WORKER_DB
from jobs.errors import StorageUnavailable
from jobs.models import FileStorage, Job
from jobs.storage import Folder, StoredFile

logger = logging.getLogger(__name__)

# A file is stored before its row is written; a younger file may still get one.
ORPHAN_AFTER = timedelta(days=1)
FILES_A_STEP = 1_000
FOLDERS_A_STEP = 10_000  # of which few are due
ORPHANS_LIMIT = 10_000  # of one search; the next one takes the rest
# Crashes leave few files behind. More of them suggest that this database is not the one of these
# files.
LIKELY_FILES = 5
LIKELY_SHARE = 0.1
# Each hour one of this many parts of the old folders is searched, so each part once a week.
STRIPES = 7 * 24


@dataclass
class FileSearch:
    """One search: its folders, how many files they hold, and the sizes of those without a job."""

    row: FileStorage | None
    whole: bool  # or only what can have changed
    before: datetime  # files older than this have their row, or will never get one
    files: int = 0

    def __post_init__(self) -> None:
        self.folders: list[Folder] = []
        self.orphans: dict[str, int] = {}

    def steps(self) -> Iterator[None]:
        """Search, in steps."""
        files: list[StoredFile] = []
        for number, folder in enumerate(storage.folders()):
            if number % FOLDERS_A_STEP == 0:
                yield
            if self._is_due(folder):
                self.folders.append(folder)
                files += storage.files_in(folder.path)
            if len(files) >= FILES_A_STEP:
                yield from self._sort_out(files)
                files = []
            if self.is_cut:
                return
        yield from self._sort_out(files)

    @property
    def is_cut(self) -> bool:
        """Whether it ended before its last folder."""
        return len(self.orphans) >= ORPHANS_LIMIT

    @property
    def refusal(self) -> str:
        """Why nothing may be removed, in a sentence; "" if a crash explains so few orphans."""
        count = len(self.orphans)
        if count <= max(LIKELY_FILES, LIKELY_SHARE * self.files):
            return ""
        return (
            f"{count:,} of {self.files:,} stored files belong to no job, which is unlikely:"
            f" they are left alone. Compare database and {storage.place().variable};"
            " to remove them, run:"
            " manage.py prune_jobs --remove-unknown-files."
        )

    def _sort_out(self, files: list[StoredFile]) -> Iterator[None]:
        for some in storage.chunks(files, FILES_A_STEP):
            self.files += len(some)
            self.orphans |= self._orphans(some)
            yield

    def _is_due(self, folder: Folder) -> bool:
        if self.whole or self.row is None:
            return True
        stripe = crc32(folder.path.encode()) % STRIPES
        return self._is_newly_settled(folder) or stripe == self.row.stripe

    def _is_newly_settled(self, folder: Folder) -> bool:
        if folder.hour is None or folder.hour >= _settled_hour(self.before):
            return False
        looked_until = self.row.looked_until if self.row else None
        return looked_until is None or folder.hour >= looked_until

    def _orphans(self, files: list[StoredFile]) -> dict[str, int]:
        stored = {file.name: file for file in files}
        unknown = stored.keys() - storage.known_names(stored, using=WORKER_DB)
        if not unknown:
            return {}
        sizes = {name: self._size_if_old(stored[name]) for name in unknown}
        old = {name: size for name, size in sizes.items() if size is not None}
        active_jobs = Job.objects.using(WORKER_DB).active()
        owners = active_jobs.filter(id__in={storage.job_of(name) for name in old})
        # An active job may still write the row of its file.
        active = set(owners.values_list("id", flat=True))
        return {name: size for name, size in old.items() if storage.job_of(name) not in active}

    def _size_if_old(self, file: StoredFile) -> int | None:
        try:
            size, stored_at = file.facts()
        except FileNotFoundError:
            return None
        return size if stored_at < self.before.timestamp() else None


def settled_before() -> datetime:
    """Return the time before which a stored file has its row, if it ever gets one."""
    # The time of a file comes from the clock of this machine or of its disk's: a file that is old
    # by one clock only may be new.
    return min(database.now(WORKER_DB), timezone.now()) - ORPHAN_AFTER


def remove_orphans(search: FileSearch) -> Iterator[None]:
    """Remove what a search found, in steps, and note how far it got."""
    for _ in storage.move_to_removed(search.orphans, using=WORKER_DB):
        yield
    _drop_unfinished(search.before)
    for folder in search.folders:
        if folder.hour and folder.hour < _settled_hour(search.before):
            storage.remove_if_empty(folder)
    if not search.is_cut:
        note_refusal("")
        _advance(search)


def _drop_unfinished(before: datetime) -> None:
    try:
        storage.place().drop_unfinished(before)
    except StorageUnavailable as error:  # some servers of S3's protocol cannot list uploads
        logger.info("uploads that never ended stay: %s", error.diagnosis)


def note_refusal(refusal: str) -> None:
    """Store the sentence for /healthz."""
    FileStorage.objects.using(WORKER_DB).update(refusal=refusal)


def _advance(search: FileSearch) -> None:
    assert search.row is not None
    rows = FileStorage.objects.using(WORKER_DB).filter(identity=search.row.identity)
    rows.update(
        looked_until=_settled_hour(search.before),
        stripe=search.row.stripe if search.whole else (search.row.stripe + 1) % STRIPES,
    )


def _settled_hour(before: datetime) -> datetime:
    """Return the start of the hour of `before`: in all earlier folders every file is settled."""
    return before.replace(minute=0, second=0, microsecond=0)
