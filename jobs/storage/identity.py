"""Ties a storage of job files to its database, so that no other database removes its files.

Both hold the same identity and a generation. Each search for files without a job raises the
generation, first in the database, then in the storage. A storage with a higher generation was
searched by another database: a later state of this one (which was restored from a dump), or a copy
of it that uses the same files.
"""

import errno
import json
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from jobs.errors import StorageUnavailable
from jobs.models import FileStorage
from jobs.storage import layout
from jobs.storage.chosen import place
from jobs.storage.known import some_names

MARKER = "storage.json"
FULL = (errno.ENOSPC, errno.EDQUOT)
SAMPLE = 20  # of the oldest and of the newest files that the database knows
LEFT_ALONE = "Its files are left alone."
ADOPT = "If it is the right one, run: manage.py job_files adopt."
FOREIGN = f"belongs to another database. {LEFT_ALONE} {ADOPT}"
AHEAD = (
    "is ahead of this database, which was restored from a dump, "
    f"or shares its files with a copy of it. {LEFT_ALONE} {ADOPT}"
)
ABSENT = (
    "lacks the files that this database knows: is it the right one, and is it mounted?"
    f" {LEFT_ALONE} {ADOPT}"
)
UNKNOWN = f"holds files, and this database knows none of them. {LEFT_ALONE} {ADOPT}"
UNREADABLE = f"has a {MARKER} that cannot be read. {LEFT_ALONE} {ADOPT}"


class StorageRefused(StorageUnavailable):
    """The storage may belong to another database: nothing may be removed; the text names a fix."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"{place().variable} {fault}")


@dataclass(frozen=True)
class Marker:
    """The storage's copy of the identity."""

    identity: UUID
    generation: int


def problem(using: str) -> str | None:
    """Return why the storage may belong to another database, with the fix; None if it is ours.

    Raises: StorageUnavailable.
    """
    try:
        if _is_marked(using):
            return None
        _check_content(using)
    except StorageRefused as refused:
        return str(refused)
    return None


def mismatch(using: str) -> str | None:
    """Return `problem`, but without one for a storage that has no identity yet.

    Raises: StorageUnavailable.
    """
    try:
        _is_marked(using)
    except StorageRefused as refused:
        return str(refused)
    return None


def check_present(using: str) -> None:
    """Check that the storage is mounted: a file saved below an empty mount point would be lost.

    Raises: StorageRefused, StorageUnavailable.
    """
    if not place().exists(MARKER) and FileStorage.objects.using(using).exists():
        _check_content(using)


def tie(using: str) -> FileStorage:
    """Check that the storage is this database's, or tie a new one, and raise the generation.

    A new one is empty, as the database is, or holds the files that the database knows.
    Raises: StorageRefused, StorageUnavailable.
    """
    if not _is_marked(using):
        _check_content(using)
    return _raise_generation(using)


def adopt(using: str) -> FileStorage:
    """Give storage and database a new identity, which refuses every other database from now on.

    Raises: StorageUnavailable.
    """
    defaults = {"identity": uuid4(), "generation": 1, "looked_until": None}
    defaults |= {"stripe": 0, "refusal": ""}
    with transaction.atomic(using=using):  # a storage that cannot be written changes nothing
        FileStorage.objects.using(using).update_or_create(id=1, defaults=defaults)
        return _raise_generation(using)


def sample(using: str) -> tuple[int, int]:
    """Look for the oldest and newest files that the database knows; return (found, looked for)."""
    known = some_names(SAMPLE, using=using)
    return sum(map(place().exists, known)), len(known)


def _is_marked(using: str) -> bool:
    """Return whether the storage has an identity, which is then this database's.

    Raises: StorageRefused, StorageUnavailable.
    """
    marker = _read_marker()  # before the row: a search that begins now raises the row's first
    row = FileStorage.objects.using(using).first()
    if marker is None:
        return False
    if row is None or row.identity != marker.identity:
        raise StorageRefused(FOREIGN)
    if row.generation < marker.generation:
        raise StorageRefused(AHEAD)
    return True


def _check_content(using: str) -> None:
    """Compare what the database knows with what an unmarked storage holds."""
    found, known = sample(using)
    if found < known / 2:
        raise StorageRefused(ABSENT)
    if not known and not layout.is_empty():
        raise StorageRefused(UNKNOWN)


def _raise_generation(using: str) -> FileStorage:
    # Committed before it is written to the storage: after a crash in between the storage is
    # behind, which is allowed.
    FileStorage.objects.using(using).get_or_create(id=1)
    FileStorage.objects.using(using).update(generation=F("generation") + 1)
    row = FileStorage.objects.using(using).get()
    try:
        _write_marker(Marker(row.identity, row.generation))
    except StorageUnavailable as error:
        if not _is_full(error):  # a full disk must not prevent the removal of files
            raise
    return row


def _is_full(error: StorageUnavailable) -> bool:
    """Return whether an error of the storage means that its disk is full."""
    return isinstance(error.__cause__, OSError) and error.__cause__.errno in FULL


def _read_marker() -> Marker | None:
    try:
        held = json.loads(place().read(MARKER))
        return Marker(UUID(held["identity"]), int(held["generation"]))
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise StorageRefused(UNREADABLE) from error


def _write_marker(marker: Marker) -> None:
    content = {"identity": str(marker.identity), "generation": marker.generation}
    place().replace(MARKER, json.dumps(content).encode())
