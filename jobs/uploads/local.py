"""Files of this machine in place of uploads, for runs without a worker."""

import hashlib
import mimetypes
import os
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from jobs.safe_text import file_name, media_type
from jobs.uploads.file import UploadFile
from jobs.uploads.lookup import any_upload


class LocalFiles:
    """Gives ids to open files and paths among params, and finds the files by these ids."""

    def __init__(self) -> None:
        self._files: dict[str, UploadFile] = {}

    def with_ids(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return params with an id in place of each binary file and each Path.

        Raises: TypeError for a file that was opened as text.
        """
        return {name: self._id_of(value) for name, value in params.items()}

    def find(self, id: str) -> UploadFile | None:
        """Return the file with this id, which may also be that of a stored upload."""
        return self._files.get(id) or any_upload(id)

    def _id_of(self, value: Any) -> Any:
        if not (isinstance(value, Path) or hasattr(value, "read")):
            return value
        file = _local_file(value)
        self._files[str(file.id)] = file
        return str(file.id)


def _local_file(given: Any) -> UploadFile:
    """Return the file as a handler gets it; `given` is not closed."""
    name = file_name(Path(str(getattr(given, "name", None) or "file")).name)
    if isinstance(given, Path):
        open_content: Callable[[], Any] = partial(given.open, "rb")
    else:
        given.seek(0)
        content = given.read()
        if not isinstance(content, bytes):
            raise TypeError(f"Open {name} in binary mode: open(path, 'rb').")
        open_content = partial(BytesIO, content)
    with open_content() as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.seek(0, os.SEEK_END)
    content_type = media_type(mimetypes.guess_type(name)[0])
    return UploadFile(
        open_content, id=uuid4(), name=name, content_type=content_type, size=size, sha256=sha256
    )
