"""Compares the files that the database knows with those that the storage has."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from jobs.models import JobFile, Upload
from jobs.storage import layout
from jobs.storage.place import StoredFile

COMPARED_A_STEP = 1_000


@dataclass(frozen=True)
class LostFile:
    """A file of a job, or an upload, whose content is missing or has another size than its row."""

    owner: str  # "job ..." or "upload ..."
    name: str
    stored_name: str
    found_size: int | None  # None: there is no such file


def lost_files(using: str) -> Iterator[LostFile]:
    """Yield the files of jobs and the uploads that the storage lacks, or has only in part.

    Reads the rows in steps and lists each folder once. Raises: StorageUnavailable.
    """
    for folder, rows in groupby(
        _rows_by_name(using), lambda row: row.stored_name.rpartition("/")[0]
    ):
        stored = {file.name: file for file in layout.files_in(folder)}
        for row in rows:
            size = _size(stored.get(row.stored_name))
            if size != row.size:
                yield LostFile(_owner(row), row.name, row.stored_name, size)


def _rows_by_name(using: str) -> Iterator[JobFile | Upload]:
    """Yield the rows of the files of jobs, then of uploads, by their names in the storage."""
    for rows in (JobFile.objects.using(using), Upload.objects.using(using)):
        last = ""
        while step := _next_rows(rows, last):
            yield from step
            last = step[-1].stored_name


def _next_rows(rows: QuerySet[Any], last: str) -> list[JobFile | Upload]:
    return list(rows.filter(stored_name__gt=last).order_by("stored_name")[:COMPARED_A_STEP])


def _owner(row: JobFile | Upload) -> str:
    return f"upload {row.id}" if isinstance(row, Upload) else f"job {row.job_id}"


def _size(file: StoredFile | None) -> int | None:
    try:
        return file.facts()[0] if file else None
    except FileNotFoundError:  # deleted since the folder was listed
        return None
