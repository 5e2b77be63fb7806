"""Temporary directories, and the removal of those that killed processes left behind."""

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

LEFT_AFTER_SECONDS = 24 * 3600  # no job runs that long
SWEPT_AT_ONCE = 20


@contextmanager
def scratch_directory(prefix: str) -> Iterator[Path]:
    """Yield a new directory in TMPDIR, which is deleted when the block ends.

    It first deletes directories of the same prefix that killed processes left, some at a time.
    """
    _sweep(prefix)
    with TemporaryDirectory(prefix=prefix) as name:
        directory = Path(name)
        with _locked(directory, fcntl.LOCK_SH):
            yield directory


def _sweep(prefix: str) -> None:
    # A living process holds a lock, so that its files are kept where a wrong clock makes them look
    # old. Hosts may share a TMPDIR: NFS knows the locks of all of them.
    old = (one for one in Path(gettempdir()).glob(f"{prefix}*") if _is_old(one))
    for directory in islice(old, SWEPT_AT_ONCE):
        with suppress(OSError), _locked(directory, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(directory, ignore_errors=True)


def _is_old(directory: Path) -> bool:
    """Return whether it is a directory of our own account that nothing has changed for a day."""
    try:
        found = directory.lstat()
    except OSError:  # another process was faster
        return False
    is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return is_own and time.time() - found.st_mtime > LEFT_AFTER_SECONDS


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[None]:
    """Hold a lock on the directory; it ends with this process.

    Raises: OSError if another process holds it.
    """
    with (directory / "lock").open("a") as lock:
        fcntl.flock(lock, how)
        yield
