"""Removes files of jobs: moves them to FILES_DIR/removed/<day>/ and deletes them a week later.

Files that the database knows again by then, for example after a restored dump, are put back.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from jobs import database
from jobs.models import JobFile
from jobs.storage import identity, layout

logger = logging.getLogger(__name__)

REMOVED = "removed"
REMOVED_FOR = timedelta(days=7)
AT_A_TIME = 1_000

Item = TypeVar("Item")


def move_to_removed(names: Iterable[str], *, using: str) -> int:
    """Move files to the removed ones, and return how many; files that are gone do not count."""
    folder = f"{REMOVED}/{database.now(using):%Y-%m-%d}"
    return sum(_move(name, f"{folder}/{name}") for name in names)


def discard(names: Iterable[str], *, using: str) -> None:
    """Delete the files of deleted jobs at once, without the week among the removed ones.

    They stay if the storage may belong to another database or cannot be written.
    """
    try:
        if refusal := identity.mismatch(using):
            logger.warning("files of deleted jobs stay: %s", refusal)
            return
        for name in names:
            (layout.root() / name).unlink(missing_ok=True)
            _remove_folder_of_job(name)
    except OSError as error:
        logger.warning("files of deleted jobs stay: %s", error)


def restore(*, using: str) -> int:
    """Put back every removed file that the database knows; return how many."""
    return sum(restored for day in _days() for restored, _ in _put_known_back(day, using))


def purge(*, using: str, kept: timedelta = REMOVED_FOR) -> Iterator[None]:
    """Delete, in steps, what was removed a week ago or earlier and the database does not know."""
    last = database.now(using).date() - kept
    for day in _days():
        if day.name > f"{last}":
            continue
        for restored, others in _put_known_back(day, using):
            if restored:
                logger.warning("put back %s removed files that the database knows", restored)
            for path in others:
                path.unlink(missing_ok=True)
            yield
        _remove_empty(day)


def chunks(items: Iterable[Item], size: int = AT_A_TIME) -> Iterator[list[Item]]:
    """Yield the items in lists of `size`; the last may be shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def removed_files() -> Iterator[Path]:
    """Yield every file among the removed ones."""
    for day in _days():
        yield from _files(day)


def _days() -> list[Path]:
    with suppress(FileNotFoundError):
        return sorted(path for path in (layout.root() / REMOVED).iterdir() if _is_day(path.name))
    return []


def _is_day(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _files(day: Path) -> Iterator[Path]:
    for folder, _, files in os.walk(day):
        yield from (Path(folder, name) for name in files)


def _put_known_back(day: Path, using: str) -> Iterator[tuple[int, list[Path]]]:
    """Put back a day's files that the database knows; yield their number and the others by step."""
    files = JobFile.objects.using(using)
    for paths in chunks(_files(day)):
        names = {path.relative_to(day).as_posix(): path for path in paths}
        known = set(files.filter(stored_name__in=names).values_list("stored_name", flat=True))
        back = {name for name in known if _put_back(names[name], layout.root() / name)}
        yield len(back), [path for name, path in names.items() if name not in back]


def _put_back(path: Path, place: Path) -> bool:
    if place.exists():
        return False
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.replace(place)
    return True


def _move(name: str, new_name: str) -> bool:
    target = layout.root() / new_name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        (layout.root() / name).replace(target)
    except FileNotFoundError:
        return False
    _remove_folder_of_job(name)
    return True


def _remove_folder_of_job(name: str) -> None:
    """Remove an empty folder of a job; an hour's folder stays, as a worker may write to it now."""
    folder = name.rpartition("/")[0]
    if layout.JOB_FOLDER.fullmatch(folder):
        with suppress(OSError):
            (layout.root() / folder).rmdir()


def _remove_empty(day: Path) -> None:
    for folder, _, _ in os.walk(day, topdown=False):
        with suppress(OSError):
            Path(folder).rmdir()
