"""Saves, reads and deletes single files of jobs."""

import logging
from io import BytesIO
from typing import IO
from uuid import UUID

from jobs.errors import StorageFull, StorageUnavailable
from jobs.storage.chosen import place
from jobs.storage.names import new_name
from jobs.storage.place import Content, has_no_room

logger = logging.getLogger(__name__)

PROBE = "health/probe"


def save(job_id: UUID, content: IO[bytes]) -> str:
    """Store a file of the job or upload; return its name in the storage.

    Raises: StorageUnavailable; StorageFull.
    """
    try:
        return place().save(new_name(job_id), content)
    except StorageUnavailable as error:
        if has_no_room(error.__cause__):
            raise StorageFull(str(error), error.diagnosis) from error
        raise


def drop(name: str) -> None:
    """Delete a file that has no row any more; if that fails, a search for such files finds it."""
    try:
        place().delete([name])
    except StorageUnavailable as error:
        logger.warning("a file without a job stays: %s", error.diagnosis)


def exists(name: str) -> bool:
    """Return whether the storage has the file. Raises: StorageUnavailable."""
    return place().exists(name)


def open_part(name: str, offset: int, length: int | None) -> Content:
    """Return the content from `offset` on, to be read as it arrives; None: to its end.

    Raises: FileNotFoundError, StorageUnavailable.
    """
    return place().open(name, offset, length)


def probe() -> None:
    """Write a small file and delete it. Raises: StorageUnavailable."""
    place().delete([place().save(PROBE, BytesIO(b"ok"))])
