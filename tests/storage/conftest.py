"""Fixtures for the storage: files as workers store them, an empty or an older database."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from jobs import storage
from jobs.models import FileStorage, Job, JobFile, Status
from tests.support.factories import make_job

TWO_DAYS = 48 * 3600


def root() -> Path:
    """Return the directory of the storage."""
    return Path(storages["jobs"].location)


def stored() -> set[str]:
    """Return the names of the files of jobs in the storage."""
    return {file.name for folder in storage.folders() for file in storage.files_in(folder.path)}


def removed() -> set[str]:
    """Return the original names of the removed files."""
    return {name.split("/", 2)[2] for name in storage.removed_files()}


def name_of(path: Path) -> str:
    """Return the name of a file in the storage."""
    return path.relative_to(root()).as_posix()


def age_removed(days: int) -> None:
    """Date the removal of the removed files `days` back."""
    for day in (root() / "removed").iterdir():
        moment = JobFile._meta.get_field("created_at").to_python(f"{day.name}T00:00:00Z")
        day.rename(day.with_name(f"{moment - timedelta(days=days):%Y-%m-%d}"))


def old_file(name: str, content: bytes = b"content") -> Path:
    """Return the path of a file stored two days ago that belongs to no job."""
    path = Path(storages["jobs"].path(storages["jobs"].save(name, ContentFile(content))))
    moment = time.time() - TWO_DAYS
    os.utime(path, (moment, moment))
    return path


def job_with_file(**fields) -> Path:
    """Return the path of a job's file that was stored two days ago."""
    job = make_job(**{"status": Status.COMPLETED} | fields)
    path = old_file(f"{datetime.now(UTC) - timedelta(days=2):%Y/%m/%d/%H}/{job.id}-{uuid4().hex}")
    name = path.relative_to(storages["jobs"].location).as_posix()
    job.files.create(
        attempt=1, name="a.csv", content_type="text/csv", size=7, sha256="", stored_name=name
    )
    return path


@pytest.fixture
def lose_the_database():
    """Return a function that empties the database, as `manage.py flush` or a new volume does."""

    def lose():
        JobFile.objects.all().delete()
        Job.objects.all().delete()
        FileStorage.objects.all().delete()

    return lose
