"""The tie between the database and its storage of job files, so that no other database removes files from it.

Both hold the same identity and a generation. Each look for files without a job raises the
generation, first in the database, then in the storage. A storage that is ahead has been looked
after by a database that is not this one: a later state of it (this one was restored from a dump),
or a copy of it that uses the same files.
"""

import errno
import json
import os
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from jobs.models import FileStorage, JobFile
from jobs.storage import layout

MARKER = "storage.json"
FULL = (errno.ENOSPC, errno.EDQUOT)
SAMPLE = 20  # of the oldest and of the newest files that the database knows
LEFT_ALONE = "Its files are left alone."
FIX = "If it is the right one, run: manage.py job_files adopt."
FOREIGN = f"FILES_DIR belongs to another database. {LEFT_ALONE} {FIX}"
AHEAD = (
    "FILES_DIR is ahead of this database, which was restored from a dump, or shares its files with a copy of it."
    f" {LEFT_ALONE} {FIX}"
)
ABSENT = f"FILES_DIR lacks the files that this database knows: is it mounted? {LEFT_ALONE} {FIX}"
UNKNOWN = f"FILES_DIR holds files, and this database knows none of them. {LEFT_ALONE} {FIX}"
UNREADABLE = f"FILES_DIR/{MARKER} cannot be read. {LEFT_ALONE} {FIX}"


class StorageRefused(Exception):
    """The storage may not be this database's: nothing may be removed from it.

    The text says what to do.
    """


@dataclass(frozen=True)
class Marker:
    """The storage's copy of the identity."""

    identity: UUID
    generation: int


def problem(using: str) -> str | None:
    """Return why the storage cannot be taken for this database's, in a sentence with the fix; None if it can.

    Raises: OSError.
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

    Raises: OSError.
    """
    try:
        _is_marked(using)
    except StorageRefused as refused:
        return str(refused)
    return None


def check_present(using: str) -> None:
    """Check before a file is saved that the storage is mounted: below a mount point the file would be lost.

    Raises: StorageRefused.
    """
    if not (layout.root() / MARKER).exists() and FileStorage.objects.using(using).exists():
        _check_content(using)


def tie(using: str) -> FileStorage:
    """Check that the storage is this database's and raise the generation of both; ties a new one.

    A new one is empty, as the database is, or holds what the database knows.
    Raises: StorageRefused, OSError.
    """
    if not _is_marked(using):
        _check_content(using)
    return _raise_generation(using)


def adopt(using: str) -> FileStorage:
    """Give the storage and the database a new identity; every other database is refused from now on.

    Raises: OSError.
    """
    defaults = {
        "identity": uuid4(),
        "generation": 1,
        "looked_until": None,
        "stripe": 0,
        "refusal": "",
    }
    with transaction.atomic(using=using):  # a storage that cannot be written changes nothing
        FileStorage.objects.using(using).update_or_create(id=1, defaults=defaults)
        return _raise_generation(using)


def sample(using: str) -> tuple[int, int]:
    """Look for the oldest and the newest files that the database knows: how many are there, of how many."""
    files = JobFile.objects.using(using).values_list("stored_name", flat=True)
    known = {*files.order_by("id")[:SAMPLE], *files.order_by("-id")[:SAMPLE]}
    return sum((layout.root() / name).is_file() for name in known), len(known)


def _is_marked(using: str) -> bool:
    """Return whether the storage has an identity, which is then this database's.

    Raises: StorageRefused, OSError.
    """
    marker = _read()  # before the row: a look that begins now raises the row's generation first
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
    # Committed before the storage learns it: a crash in between leaves the storage behind, which is
    # allowed.
    FileStorage.objects.using(using).get_or_create(id=1)
    FileStorage.objects.using(using).update(generation=F("generation") + 1)
    row = FileStorage.objects.using(using).get()
    try:
        _write(Marker(row.identity, row.generation))
    except OSError as error:
        if (
            error.errno not in FULL
        ):  # on a full disk the storage stays behind, so that room can be made
            raise
    return row


def _read() -> Marker | None:
    try:
        held = json.loads((layout.root() / MARKER).read_text())
        return Marker(UUID(held["identity"]), int(held["generation"]))
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise StorageRefused(UNREADABLE) from error


def _write(marker: Marker) -> None:
    """Replace the marker at once; a crash leaves the old one or the new one."""
    layout.root().mkdir(parents=True, exist_ok=True)
    new = layout.root() / f".{MARKER}.{os.getpid()}"
    with new.open("w") as file:
        json.dump({"identity": str(marker.identity), "generation": marker.generation}, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(layout.root() / MARKER)
