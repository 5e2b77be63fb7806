"""Exports: the rows that the launcher may see, in every format, inert."""

import csv
import json
from io import BytesIO, StringIO

import pytest
from django.core.files.storage import storages
from openpyxl import load_workbook

from jobs import parameters, registry
from jobs.engine.tasks import execute
from jobs.models import Status
from jobs.types.export import EXPORTABLE
from tests.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "lifecycle"])


def run_export(user, **params):
    """The outcome of an export, and the bytes of its file."""
    stored = parameters.validate(registry.get("export"), params)
    job = make_job(status=Status.PROCESSING, type="export", params=stored, created_by=user, source="admin")
    outcome = execute(job)
    file = job.files.first()
    if file is None:
        return outcome, b""
    with storages["jobs"].open(file.stored_name) as content:
        return outcome, content.read()


def names(written, format):
    if format == "csv":
        return [row["name"] for row in csv.DictReader(StringIO(written.decode("utf-8-sig")))]
    if format == "jsonl":
        return [json.loads(line)["name"] for line in written.decode().splitlines()]
    header, *rows = load_workbook(BytesIO(written))["Rows"].values
    return [row[header.index("Name")] for row in rows]


@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl"])
def test_rows_come_in_the_order_of_their_creation_and_formulas_are_inert(format):
    make_job(name="first")
    make_job(name="=cmd()")
    outcome, written = run_export(make_user("jobs.add_job", "jobs.view_job"), format=format)
    assert outcome.status == Status.COMPLETED, outcome.error_traceback
    first, second, _itself = names(written, format)
    assert first == "first"
    assert second == ("=cmd()" if format == "jsonl" else "'=cmd()")
    assert outcome.result["rows"] == 3


def test_an_export_of_a_period_has_its_rows_only():
    make_job(name="old", created_at="2026-01-05T00:00:00Z")
    make_job(name="march", created_at="2026-03-05T00:00:00Z")
    _, written = run_export(
        make_user("jobs.add_job", "jobs.view_job"), since="2026-03-01T00:00:00Z", until="2026-04-01T00:00:00Z"
    )
    assert names(written, "csv") == ["march"]


@pytest.mark.parametrize("model", EXPORTABLE)
def test_every_registered_model_is_exported_to_those_who_may_view_it(model):
    boss = make_user("jobs.add_job", "jobs.view_job", EXPORTABLE[model].permission)
    outcome, _ = run_export(boss, model=model)
    assert outcome.status == Status.COMPLETED, outcome.error_traceback


@pytest.mark.parametrize("model", EXPORTABLE)
def test_nobody_exports_what_they_may_not_view(model):
    outcome, written = run_export(make_user("jobs.add_job"), model=model)
    assert (outcome.status, written) == (Status.FAILED, b"")


def test_a_model_that_is_not_registered_is_refused():
    with pytest.raises(parameters.InvalidParams):
        parameters.validate(registry.get("export"), {"model": "sessions.session"})
