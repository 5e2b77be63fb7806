"""Runs reports for tests, and reads what they write."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any

from django.core.files.storage import storages
from openpyxl import Workbook, load_workbook

from jobs import parameters, registry
from jobs.engine.worker.execution import execute
from jobs.lifecycle import Outcome
from jobs.models import Job, JobFile, Status
from tests.support.factories import make_job


def launched(created_by=None, source="command", **params: Any) -> Job:
    """A report as a worker has just claimed it."""
    stored = parameters.validate(registry.get("report"), params)
    return make_job(
        status=Status.PROCESSING, type="report", params=stored, created_by=created_by, source=source
    )


def run_report(**fields: Any) -> tuple[Outcome, dict[str, bytes]]:
    """The outcome of a report, and its files: name to bytes."""
    job = launched(**fields)
    outcome = execute(job)
    return outcome, {file.name: content(file) for file in job.files.all()}


def content(file: JobFile) -> bytes:
    with storages["jobs"].open(file.stored_name) as stored:
        return stored.read()


def workbook(files: dict[str, bytes]) -> Workbook:
    """The one workbook among the files."""
    [written] = files.values()
    return load_workbook(BytesIO(written))


def sheet_rows(files: dict[str, bytes], title: str) -> list[dict[str, Any]]:
    """The rows of a sheet, by the titles of its columns."""
    header, *rows = workbook(files)[title].values
    return [dict(zip(header, row, strict=True)) for row in rows]


def csv_rows(files: dict[str, bytes], section: str) -> list[dict[str, str]]:
    """The rows of a CSV file, by the names of its columns."""
    [written] = [written for name, written in files.items() if name.endswith(f"-{section}.csv")]
    return list(csv.DictReader(StringIO(written.decode("utf-8-sig"), newline="")))


def figures(files: dict[str, bytes]) -> dict[str, Any]:
    """The figures of a JSON report."""
    [written] = [written for name, written in files.items() if name.endswith(".json")]
    return json.loads(written)
