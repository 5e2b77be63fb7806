"""The layout of FILES_DIR: files of jobs are in a folder for the hour in which they were saved.

    2026/11/25/13/<job id>-<random>     today's layout
    <job id>/<random>                   the layout of earlier versions, still read
    removed/2026-11-25/...              removed files, kept for some days; see removal.py
    storage.json                        the identity; see identity.py

Everything else is left alone: FILES_DIR may hold foreign files, such as lost+found.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from django.core.files.storage import FileSystemStorage, storages

ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
JOB_FOLDER = re.compile(ID)
NAME = re.compile(
    rf"[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}}/[0-9]{{2}}/({ID})-[0-9a-f]{{32}}|({ID})/[0-9a-f]{{32}}"
)
LEVELS = tuple(re.compile(f"[0-9]{{{digits}}}") for digits in (4, 2, 2, 2))


@dataclass(frozen=True)
class Folder:
    """A directory with files of jobs; `hour` is None in the layout of earlier versions."""

    path: str  # below FILES_DIR
    hour: datetime | None = None


def root() -> Path:
    """Return the directory of the storage (FILES_DIR)."""
    storage = storages["jobs"]
    assert isinstance(storage, FileSystemStorage)
    return Path(storage.location)


def new_name(job_id: UUID) -> str:
    """Return a new name for a file of the job in the storage."""
    return f"{datetime.now(UTC):%Y/%m/%d/%H}/{job_id}-{uuid4().hex}"


def job_of(name: str) -> UUID | None:
    """Return the id of the job whose file has this name in the storage; None if none can."""
    match = NAME.fullmatch(name)
    return UUID(match[1] or match[2]) if match else None


def folders() -> Iterator[Folder]:
    """Yield every folder that may hold files of jobs."""
    for name in _directories(""):
        if LEVELS[0].fullmatch(name):
            yield from _hours(name, 1)
        elif JOB_FOLDER.fullmatch(name):
            yield Folder(name)


def _hours(path: str, level: int) -> Iterator[Folder]:
    if level == len(LEVELS):
        if hour := _hour(path):
            yield Folder(path, hour)
        return
    for name in sorted(_directories(path)):
        if LEVELS[level].fullmatch(name):
            yield from _hours(f"{path}/{name}", level + 1)


def _hour(path: str) -> datetime | None:
    try:
        return datetime.strptime(f"{path} +0000", "%Y/%m/%d/%H %z")
    except ValueError:  # 2026/13/45/99 is not an hour
        return None


def _directories(path: str) -> Iterator[str]:
    try:
        with os.scandir(root() / path) as entries:
            yield from (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except FileNotFoundError:  # nothing was ever saved, or the folder was removed
        return


def names_in(folder: str) -> Iterator[str]:
    """Yield the names of the files of jobs in a folder."""
    try:
        with os.scandir(root() / folder) as entries:
            for entry in entries:
                name = f"{folder}/{entry.name}"
                if job_of(name) and entry.is_file(follow_symlinks=False):
                    yield name
    except FileNotFoundError:
        return


def remove_if_empty(folder: Folder) -> None:
    """Remove the folder and its parents as far as they are empty."""
    path = folder.path
    with suppress(OSError):
        while path:
            (root() / path).rmdir()
            path = path.rpartition("/")[0]


def is_empty() -> bool:
    """Return whether the storage has no files of jobs."""
    return not any(name for folder in folders() for name in names_in(folder.path))
