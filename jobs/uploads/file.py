"""The file that a form validates and a handler reads."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID

from django.core.files import File

from jobs.models import Upload
from jobs.safe_text import file_name
from jobs.storage import open_reader, scratch_directory

COPIED = "backoffice-upload-"  # prefix of the directories of copies that programs read


class UploadFile(File):  # type: ignore[type-arg]  # Django has no File[bytes]
    """An upload, opened for reading in binary mode when it is first read.

    `name` is that of the sender, `content_type` what the sender said; `size` is in bytes and
    `sha256` in hexadecimal.
    """

    def __init__(
        self,
        open_content: Callable[[], Any],
        *,
        id: UUID,
        name: str,
        content_type: str,
        size: int,
        sha256: str,
    ) -> None:
        super().__init__(None, name)
        self._open_content = open_content
        self._content: Any = None
        self.id, self.content_type, self.size, self.sha256 = id, content_type, size, sha256
        self.mode = "rb"

    @property
    def file(self) -> Any:
        """The open content. Raises: FileNotFoundError if the storage has lost it."""
        if self._content is None:
            self._content = self._open_content()
        return self._content

    @file.setter
    def file(self, content: Any) -> None:
        """Ignored: Django's File sets it to the content that it is given."""

    @property
    def closed(self) -> bool:
        """Whether it was closed, and not opened again."""
        return self._content is not None and bool(self._content.closed)

    def open(self, mode: str | None = None, *args: Any, **options: Any) -> "UploadFile":
        """Go to the beginning, and open it again if it was closed."""
        if mode not in (None, "rb"):
            raise ValueError(f"{self.name} can only be opened for reading: 'rb'.")
        self.rewind()
        return self

    def close(self) -> None:
        if self._content is not None:
            self._content.close()

    def rewind(self) -> None:
        """Let the next read begin at the beginning; nothing is open until then."""
        self.close()
        self._content = None

    def is_lost(self) -> bool:
        """Return whether the content cannot be found; the next read begins at the beginning."""
        self.rewind()
        try:
            self.read(1)
        except FileNotFoundError:
            return True
        finally:
            self.rewind()
        return False

    @contextmanager
    def on_disk(self) -> Iterator[Path]:
        """Yield the path of a copy, for programs that read files; it is deleted afterwards."""
        with scratch_directory(COPIED) as directory:
            path = directory / file_name(f"upload{PurePath(self.name or '').suffix}")
            self.rewind()
            with path.open("wb") as copy:
                shutil.copyfileobj(self.file, copy, 1024 * 1024)
            self.rewind()
            yield path


def close_uploads(params: Mapping[str, Any]) -> None:
    """Close the files among cleaned params."""
    for value in params.values():
        if isinstance(value, UploadFile):
            value.close()


def stored_file(upload: Upload) -> UploadFile:
    """Return the file of an upload in the storage of job files."""
    return UploadFile(
        partial(open_reader, upload.stored_name, upload.size),
        id=upload.id,
        name=upload.name,
        content_type=upload.content_type,
        size=upload.size,
        sha256=upload.sha256,
    )
