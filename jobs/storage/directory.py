"""Files of jobs in a directory (FILES_DIR), which all hosts share."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import FileSystemStorage

from jobs.storage.place import Content, Place, StoredFile


class Directory(Place):
    """A directory, through Django's own storage."""

    variable = "FILES_DIR"
    has_directories = True

    def __init__(self, storage: FileSystemStorage) -> None:
        self._storage = storage

    @property
    def _root(self) -> Path:
        return Path(self._storage.location)

    def address(self) -> str:
        return str(self._root)

    def directories(self, path: str) -> Iterator[str]:
        with suppress(FileNotFoundError), os.scandir(self._root / path) as entries:
            yield from (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))

    def files(self, path: str) -> Iterator[StoredFile]:
        with suppress(FileNotFoundError), os.scandir(self._root / path) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    yield self._stored_file(f"{path}/{entry.name}")

    def files_below(self, path: str) -> Iterator[StoredFile]:
        for folder, _, names in os.walk(self._root / path):
            place = Path(folder).relative_to(self._root)
            yield from (self._stored_file((place / name).as_posix()) for name in names)

    def exists(self, name: str) -> bool:
        return self._storage.exists(name)

    def open(self, name: str, offset: int, length: int | None) -> Content:
        content = self._storage.open(name)
        content.seek(offset)
        return content

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def replace(self, name: str, content: bytes) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        new = self._root / f".{name}.{os.getpid()}"
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._root / name)

    def save(self, name: str, content: IO[bytes]) -> str:
        try:
            return self._storage.save(name, File(content))
        except Exception:
            with suppress(OSError):
                self._storage.delete(name)  # what was written before a disk was full
            raise

    def move(self, names: Mapping[str, str]) -> int:
        return sum(self._move(name, new_name) for name, new_name in names.items())

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._storage.delete(name)

    def remove_empty(self, path: str, below: bool = False) -> None:
        walked = os.walk(self._root / path, topdown=False) if below else ()
        folders = [Path(folder) for folder, _, _ in walked]
        for folder in [*folders, self._root / path]:
            with suppress(OSError):
                folder.rmdir()

    def drop_unfinished(self, before: datetime) -> None:
        """Do nothing: such a file has its name, and counts as one without a job."""

    def _stored_file(self, name: str) -> StoredFile:
        def facts() -> tuple[int, float]:
            found = (self._root / name).stat()
            return found.st_size, found.st_mtime

        return StoredFile(name, facts)

    def _move(self, name: str, new_name: str) -> bool:
        target = self._root / new_name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            (self._root / name).replace(target)
        except FileNotFoundError:
            return False
        return True
