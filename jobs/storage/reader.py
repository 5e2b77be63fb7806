"""A stored file as Python's own binary files: it reads in pieces and seeks, from disk or bucket."""

import io
import os
from typing import Any

from jobs.storage.content import open_part
from jobs.storage.place import Content

BUFFER_BYTES = 256 * 1024


class PartReader(io.RawIOBase):
    """Reads from where it stands; after a seek the content is opened again at that place."""

    def __init__(self, name: str, size: int) -> None:
        self._name, self._size = name, size
        self._at = 0
        self._content: Content | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        begin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if (at := max(0, begin + offset)) != self._at:
            self._release()
            self._at = at
        return at

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as possible. Raises: FileNotFoundError, StorageUnavailable."""
        if self._at >= self._size:
            return 0
        if self._content is None:
            self._content = open_part(self._name, self._at, None)
        found = self._content.read(len(buffer))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def close(self) -> None:
        self._release()
        super().close()

    def _release(self) -> None:
        content, self._content = self._content, None
        if content is not None:
            content.close()


def open_reader(name: str, size: int) -> io.BufferedReader:
    """Return the stored file, opened at its first read."""
    return io.BufferedReader(PartReader(name, size), BUFFER_BYTES)
