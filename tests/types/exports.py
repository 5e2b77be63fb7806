"""Runs exports for tests, and reads what they write."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any

from django.core.files.storage import storages
from openpyxl import load_workbook

from jobs import parameters, registry
from jobs.engine.worker.execution import execute
from jobs.lifecycle import Outcome
from jobs.models import Job, Status
from tests.support.factories import make_job, make_user


def claimed(user, **params: Any) -> Job:
    """Return an export that a worker has just claimed."""
    stored = parameters.validate(registry.get("export"), params)
    return make_job(
        status=Status.PROCESSING,
        type="export",
        params=stored,
        created_by=user,
        created_by_name=user.username,
        source="admin",
    )


def run_export(user, **params: Any) -> tuple[Outcome, bytes]:
    """Run an export; return its outcome and the content of its file, b"" without one."""
    job = claimed(user, **params)
    outcome = execute(job)
    return outcome, content(job)


def content(job: Job) -> bytes:
    file = job.files.first()
    if file is None:
        return b""
    with storages["jobs"].open(file.stored_name) as stored:
        return stored.read()


def exported(user, format="jsonl", **params: Any) -> list[dict[str, Any]]:
    """Return the rows that an export wrote, by column name."""
    outcome, written = run_export(user, format=format, **params)
    assert outcome.status == Status.COMPLETED, outcome.error_traceback
    if format == "csv":
        return list(csv.DictReader(StringIO(written.decode("utf-8-sig"), newline="")))
    if format == "jsonl":
        return [json.loads(line) for line in written.decode().splitlines()]
    header, *rows = load_workbook(BytesIO(written))["Rows"].values
    names = [title.removesuffix(" (UTC)").lower().replace(" ", "_") for title in header]
    return [dict(zip(names, row, strict=True)) for row in rows]


def make_viewer(*permissions, **fields):
    return make_user("jobs.add_job", "jobs.view_job", *permissions, **fields)
