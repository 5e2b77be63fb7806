"""Lets the web processes of one gunicorn count together: hooks for backoffice/gunicorn.py.

prometheus_client keeps the counts of each process in files that the others read. They are named
after a place, not after the pid: the process that follows a dead one goes on with its counts, so
that no counter falls and no files pile up.
"""

import os
import shutil
from itertools import count
from tempfile import mkdtemp
from typing import Any

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"

_given_place = 0
_made: list[str] = []


def make_directory(server: Any) -> None:
    """Make the directory of this gunicorn; a second one that replaces it gets its own."""
    _made.append(mkdtemp(prefix="backoffice-metrics-"))
    os.environ[DIRECTORY] = _made[-1]


def remove_directory(server: Any) -> None:
    """Remove the directory when gunicorn ends."""
    for directory in _made:
        shutil.rmtree(directory, ignore_errors=True)


def choose_place(server: Any, worker: Any) -> None:
    """Give a new web process the first place that no living one has."""
    taken = {getattr(one, "place", None) for one in server.WORKERS.values()}
    worker.place = next(number for number in count() if number not in taken)


def take_place(server: Any, worker: Any) -> None:
    """Let this process, which was just forked, count in its place."""
    global _given_place
    _given_place = worker.place


def own_place() -> int:
    """Return the place of this web process."""
    return _given_place
