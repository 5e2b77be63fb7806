"""Removes files of jobs: moves them to removed/<day>/ and deletes them a week later.

Files that the database knows again by then, for example after a restored dump, are put back.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import TypeVar

from jobs import database
from jobs.errors import StorageUnavailable
from jobs.safe_text import quantity
from jobs.storage import identity, layout
from jobs.storage.chosen import place
from jobs.storage.known import known_names

logger = logging.getLogger(__name__)

REMOVED = "removed"
REMOVED_FOR = timedelta(days=7)
AT_A_TIME = 1_000
MOVED_A_STEP = 200  # to a bucket about 600 requests, 8 at once
# A request that deletes 100 jobs must not wait 100 times for a storage that hangs.
SLOW_TO_FAIL_SECONDS = 1.0
PAUSE_SECONDS = 30.0

Item = TypeVar("Item")


def move_to_removed(names: Iterable[str], *, using: str) -> Iterator[int]:
    """Move files to the removed ones, in steps; yield how many. Those that are gone do not count.

    Raises: StorageUnavailable.
    """
    folder = f"{REMOVED}/{database.now(using):%Y-%m-%d}"
    for some in chunks(names, MOVED_A_STEP):
        yield place().move({name: f"{folder}/{name}" for name in some})
        _remove_folders_of_jobs(some)


class Discarding:
    """Deletes the files of deleted jobs at once, without the week among the removed ones.

    They stay if the storage may belong to another database or cannot be used; upkeep finds them.
    """

    def __init__(self) -> None:
        self._paused_until = 0.0

    def discard(self, names: list[str], *, using: str) -> None:
        """Delete files, unless the storage was slow to fail a moment ago."""
        began_at = time.monotonic()
        if not names or began_at < self._paused_until:
            return
        try:
            if refusal := identity.mismatch(using):
                logger.warning("files of deleted jobs stay: %s", refusal)
                return
            place().delete(names)
            _remove_folders_of_jobs(names)
        except StorageUnavailable as error:
            logger.warning("files of deleted jobs stay: %s", error.diagnosis)
            now = time.monotonic()
            if now - began_at > SLOW_TO_FAIL_SECONDS:
                self._paused_until = now + PAUSE_SECONDS


discard = Discarding().discard


def restore(*, using: str) -> int:
    """Put back every removed file that the database knows; return how many."""
    return sum(restored for day in _days() for restored, _ in _put_known_back(day, using))


def purge(*, using: str, kept: timedelta = REMOVED_FOR) -> Iterator[None]:
    """Delete, in steps, what was removed a week ago or earlier and the database does not know."""
    last = database.now(using).date() - kept
    for day in _days():
        if day > f"{last}":
            continue
        for restored, others in _put_known_back(day, using):
            if restored:
                files = quantity(restored, "removed file")
                logger.warning("put back %s that the database still needs", files)
            place().delete(others)
            yield
        place().remove_empty(f"{REMOVED}/{day}", below=True)


def chunks(items: Iterable[Item], size: int = AT_A_TIME) -> Iterator[list[Item]]:
    """Yield the items in lists of `size`; the last may be shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def removed_files() -> Iterator[str]:
    """Yield the name of every file among the removed ones."""
    for day in _days():
        yield from (file.name for file in place().files_below(f"{REMOVED}/{day}"))


def _days() -> list[str]:
    return sorted(filter(_is_day, place().directories(REMOVED)))


def _is_day(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _put_known_back(day: str, using: str) -> Iterator[tuple[int, list[str]]]:
    """Put back a day's files that the database knows; yield their number and the others by step."""
    folder = f"{REMOVED}/{day}/"
    for some in chunks(place().files_below(folder.rstrip("/"))):
        names = {file.name.removeprefix(folder): file.name for file in some}
        known = known_names(names, using=using)
        lacking = [name for name in known if not place().exists(name)]
        restored = place().move({names[name]: name for name in lacking})
        yield restored, [names[name] for name in names.keys() - lacking]


def _remove_folders_of_jobs(names: Iterable[str]) -> None:
    """Remove empty folders of jobs; an hour's folder stays, as a worker may write to it now."""
    for folder in {name.rpartition("/")[0] for name in names}:
        if layout.JOB_FOLDER.fullmatch(folder):
            place().remove_empty(folder)
