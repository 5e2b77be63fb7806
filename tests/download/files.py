"""Files that are downloaded, and their addresses in the API and in the admin."""

import hashlib
from io import BytesIO
from urllib.parse import quote

from django.core.files.storage import storages

from jobs.models import JobFile
from tests.support.factories import make_job

CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)
ETAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


def stored(content: bytes, name: str = "data.bin") -> JobFile:
    """A file of a completed job."""
    return JobFile.objects.create(
        job=make_job(status="COMPLETED"),
        attempt=1,
        name=name,
        content_type="application/octet-stream",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        stored_name=storages["jobs"].save("test", BytesIO(content)),
    )


def address_of(file: JobFile, door: str) -> str:
    """The address of a file in the API or in the admin (`door`)."""
    if door == "api":
        return f"/api/v1/jobs/{file.job_id}/files/{quote(file.name)}"
    return f"/admin/jobs/job/{file.job_id}/files/{file.pk}/"
