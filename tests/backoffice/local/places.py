"""Directories for the servers that tests start."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """Make a directory with special characters in its path that PostgreSQL's account may enter."""
    directory = Path(tempfile.mkdtemp(prefix="bäck 'office ", dir="/tmp"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


@contextlib.contextmanager
def copy_of(original: Path) -> Iterator[Path]:
    """Return a copy of the directory with the same owners and modes."""
    with place() as directory:
        subprocess.run(["cp", "-a", f"{original}/.", directory], check=True)
        yield directory
