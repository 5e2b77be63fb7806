"""Uploads and types that take files."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.core.validators import FileExtensionValidator
from django.utils import timezone

from jobs import services
from jobs.models import Job, Status, Upload
from jobs.services import code_caller
from tests.support.people import caller_for

ROWS = b"name,count\nAda,1\nGrace,2\n"


class OneFile(forms.Form):
    """A required file, an optional one, and a number."""

    file = forms.FileField(validators=[FileExtensionValidator(["csv", "txt"])])
    extra = forms.FileField(required=False)
    count = forms.IntegerField(initial=1, max_value=9)


def read_files(job: Any, file: Any, extra: Any, count: int) -> dict[str, Any]:
    """Return what a handler sees of its files."""
    content = file.read()
    seen = {"name": file.name, "size": file.size, "sha256": file.sha256, "text": content.decode()}
    return seen | {"extra": extra.read().decode() if extra else None, "count": count}


def make_upload(user: Any = None, content: bytes = ROWS, name: str = "rows.csv") -> Upload:
    """An upload of the user, or of code, as the API keeps it."""
    caller = code_caller(user)
    return services.keep_upload(caller, services.incoming_file(ContentFile(content), name)).upload


def submit_reader(user: Any, **params: Any) -> Job:
    """A job of the type `reader` that the user launched."""
    return services.submit(caller_for(user), type="reader", params=params).job


def settle(job: Job) -> None:
    """Let the job have completed a while ago."""
    Job.objects.filter(id=job.id).update(
        status=Status.COMPLETED, finished_at="2026-11-01T00:00:00Z", idempotency_key=None
    )


def age(upload: Upload, **past: float) -> None:
    """Let the upload have been without a job for so long."""
    Upload.objects.filter(id=upload.id).update(
        unused_since=timezone.now() - timedelta(**past), created_at=timezone.now()
    )
