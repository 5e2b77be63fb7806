"""A file of a job as an answer, the same by every door: saved, and never shown in a browser."""

from django.core.files.storage import storages
from django.http import FileResponse

from jobs.models import JobFile


def attachment(file: JobFile) -> FileResponse:
    """The file's content as an attachment: it may hold anything.

    Raises: FileNotFoundError when the content is gone.
    """
    return FileResponse(
        storages["jobs"].open(file.stored_name),
        as_attachment=True,
        filename=file.name,
        content_type=file.content_type,
        headers={
            "Content-Length": str(file.size),
            "ETag": f'"{file.sha256}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
