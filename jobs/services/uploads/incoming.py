"""Files that were sent in, complete on this machine and not yet kept."""

import hashlib
import mimetypes
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

from django.core.files import File

from jobs.errors import StorageFull, StorageUnavailable
from jobs.safe_text import file_name, media_type
from jobs.storage import has_no_room

CHUNK_BYTES = 256 * 1024
# What programs send when they do not know better.
SAYS_NOTHING = ("", "application/octet-stream", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Incoming:
    """A binary file at its beginning, with a name that is safe to store and to show."""

    file: Any
    name: str
    content_type: str
    size: int
    sha256: str


def incoming_file(file: Any, name: str, content_type: str = "") -> Incoming:
    """The file of a form or of a command, which stays open."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return _incoming(file, name, content_type, size, digest.hexdigest())


@contextmanager
def incoming_stream(
    read: Callable[[int], bytes], name: str, content_type: str = ""
) -> Iterator[Incoming]:
    """The file that `read` yields, in a temporary file until the block ends.

    Raises: StorageFull, StorageUnavailable; what `read` raises.
    """
    digest, size = hashlib.sha256(), 0
    with TemporaryFile() as copy:
        while chunk := read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
            _write_copy(copy, chunk)
        copy.seek(0)
        yield _incoming(File(copy), name, content_type, size, digest.hexdigest())


def _write_copy(copy: Any, chunk: bytes) -> None:
    try:
        copy.write(chunk)
    except OSError as error:
        raise temporary_trouble(error) from error


def temporary_trouble(error: OSError) -> StorageUnavailable:
    """The error of the disk for temporary files, for callers."""
    kind = StorageFull if has_no_room(error) else StorageUnavailable
    reason = error.strerror or str(error)
    return kind(f"The server cannot take the file: {reason}.", f"TMPDIR cannot be used: {error}.")


def _incoming(file: Any, name: str, content_type: str, size: int, sha256: str) -> Incoming:
    # Some browsers send the whole path, in the spelling of their system.
    safe_name = file_name(re.split(r"[/\\]", name)[-1])
    if content_type.partition(";")[0].strip().lower() in SAYS_NOTHING:
        content_type = mimetypes.guess_type(safe_name)[0] or ""
    return Incoming(file, safe_name, media_type(content_type), size, sha256)
