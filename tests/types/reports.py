"""Runs reports for tests, and reads what they write."""

import csv
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

from django.core.files.storage import storages
from openpyxl import Workbook, load_workbook

from jobs import parameters, registry
from jobs.engine.worker.execution import execute
from jobs.lifecycle import Outcome
from jobs.models import Job, JobFile, Status
from tests.support.factories import make_job

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
# Without the report's own row, which is of another month.
MARCH = {"since": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}


def job_that_ran(seconds, *, wait=1, day=0, status=Status.COMPLETED, **fields):
    """Return a job of March that waited and ran for so many seconds."""
    created = NOON + timedelta(days=day)
    started = created + timedelta(seconds=wait)
    times = {
        "created_at": created,
        "started_at": started,
        "finished_at": started + timedelta(seconds=seconds),
    }
    return make_job(status=status, **times, **fields)


def launched(created_by=None, source="command", **params: Any) -> Job:
    """Return a report that a worker has just claimed."""
    stored = parameters.validate(registry.get("report"), params)
    return make_job(
        status=Status.PROCESSING, type="report", params=stored, created_by=created_by, source=source
    )


def run_report(**fields: Any) -> tuple[Outcome, dict[str, bytes]]:
    """Run a report; return its outcome and its files, name to content."""
    job = launched(**fields)
    outcome = execute(job)
    return outcome, {file.name: content(file) for file in job.files.all()}


def content(file: JobFile) -> bytes:
    with storages["jobs"].open(file.stored_name) as stored:
        return stored.read()


def workbook(files: dict[str, bytes]) -> Workbook:
    """Return the only file as a workbook."""
    [written] = files.values()
    return load_workbook(BytesIO(written))


def sheet_rows(files: dict[str, bytes], title: str) -> list[dict[str, Any]]:
    """Return the rows of a sheet, by column title."""
    header, *rows = workbook(files)[title].values
    return [dict(zip(header, row, strict=True)) for row in rows]


def csv_rows(files: dict[str, bytes], section: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file, by column name."""
    [written] = [written for name, written in files.items() if name.endswith(f"-{section}.csv")]
    return list(csv.DictReader(StringIO(written.decode("utf-8-sig"), newline="")))


def figures(files: dict[str, bytes]) -> dict[str, Any]:
    """Return the content of the JSON report."""
    [written] = [written for name, written in files.items() if name.endswith(".json")]
    return json.loads(written)
