"""The layout of the storage: files of jobs are in a folder for the hour in which they were saved.

    2026/11/25/13/<job id>-<random>     today's layout
    <job id>/<random>                   the layout of earlier versions, still read
    removed/2026-11-25/...              removed files, kept for some days; see removal.py
    storage.json                        the identity; see identity.py

Everything else is left alone: a directory may hold foreign files, such as lost+found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from jobs.storage.chosen import place
from jobs.storage.names import ID, job_of
from jobs.storage.place import StoredFile

JOB_FOLDER = re.compile(ID)
LEVELS = tuple(re.compile(f"[0-9]{{{digits}}}") for digits in (4, 2, 2, 2))
HOUR_NAMES = [f"{hour:02}" for hour in range(24)]


@dataclass(frozen=True)
class Folder:
    """A folder with files of jobs; `hour` is None in the layout of earlier versions."""

    path: str  # in the storage
    hour: datetime | None = None


def folders() -> Iterator[Folder]:
    """Yield every folder that may hold files of jobs."""
    for name in place().directories(""):
        if LEVELS[0].fullmatch(name):
            yield from _hours(name, 1)
        elif JOB_FOLDER.fullmatch(name):
            yield Folder(name)


def _hours(path: str, level: int) -> Iterator[Folder]:
    if level == len(LEVELS):
        if hour := _hour(path):
            yield Folder(path, hour)
        return
    for name in _names_at(path, level):
        if LEVELS[level].fullmatch(name):
            yield from _hours(f"{path}/{name}", level + 1)


def _names_at(path: str, level: int) -> list[str]:
    # In a bucket each day would cost a request, each hour, to learn which of its hours have files.
    if level == len(LEVELS) - 1 and not place().has_directories:
        return HOUR_NAMES
    return sorted(place().directories(path))


def _hour(path: str) -> datetime | None:
    try:
        return datetime.strptime(f"{path} +0000", "%Y/%m/%d/%H %z")
    except ValueError:  # 2026/13/45/99 is not an hour
        return None


def files_in(folder: str) -> Iterator[StoredFile]:
    """Yield the files of jobs in a folder."""
    return (file for file in place().files(folder) if job_of(file.name))


def remove_if_empty(folder: Folder) -> None:
    """Remove the folder and its parents as far as they are empty."""
    path = folder.path
    while path:
        place().remove_empty(path)
        path = path.rpartition("/")[0]


def is_empty() -> bool:
    """Return whether the storage has no files of jobs."""
    return not any(file for folder in folders() for file in files_in(folder.path))
