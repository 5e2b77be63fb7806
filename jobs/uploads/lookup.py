"""Finds uploads by the ids that params hold."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from jobs.models import Upload
from jobs.uploads.file import UploadFile, stored_file

ID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# Returns the file of an id in params; None if there is none that may be used.
FindUpload = Callable[[str], UploadFile | None]


class UploadId(str):
    """The id of an upload in validated params, which a job takes when it is stored."""


def parse_id(text: object) -> UUID | None:
    """Return the id in the spelling of JSON; None for other texts and values."""
    return UUID(text) if isinstance(text, str) and ID_TEXT.fullmatch(text) else None


def any_upload(id: str) -> UploadFile | None:
    """Find an upload of any user: for params that a job has already."""
    upload_id = parse_id(id)
    found = Upload.objects.filter(id=upload_id).first() if upload_id else None
    return stored_file(found) if found else None


def no_upload(id: str) -> UploadFile | None:
    """Find none: for params whose caller is not known."""
    return None


def upload_ids(params: Mapping[str, Any]) -> dict[str, UUID]:
    """Return the uploads in params that were just validated, by the name of the parameter."""
    return {name: UUID(one) for name, one in params.items() if isinstance(one, UploadId)}
