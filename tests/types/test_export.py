"""Exports: the rows that the launcher may see, in every format, without formulas and secrets."""

import dataclasses
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.utils import timezone

from jobs import parameters, registry
from jobs.engine.worker.execution import execute
from jobs.errors import InvalidParams
from jobs.handler.sheets import FORMULA_STARTS
from jobs.models import Job, Status
from jobs.types import export
from jobs.types.export.tables import TABLES
from tests.support.factories import make_job
from tests.types.exports import claimed, exported, make_viewer, run_export

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

FORMATS = ["csv", "xlsx", "jsonl"]


@pytest.mark.parametrize("format", FORMATS)
def test_rows_come_in_the_order_of_their_creation(format):
    make_job(name="second", created_at=datetime(2026, 3, 2, tzinfo=UTC))
    make_job(name="first", created_at=datetime(2026, 3, 1, tzinfo=UTC))
    rows = exported(make_viewer(), format=format, until="2026-04-01T00:00:00Z")
    assert [row["name"] for row in rows] == ["first", "second"]


@pytest.mark.parametrize("start", FORMULA_STARTS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_text_that_begins_like_a_formula_is_inert_in_spreadsheets_and_itself_in_json(
    format, start
):
    name = f"{start}HYPERLINK(A1)"
    make_job(name=name)
    row = exported(make_viewer(), format=format)[0]
    # XLSX itself knows no carriage return.
    assert row["name"].replace("_x000D_", "\r") == (name if format == "jsonl" else f"'{name}")


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_text_leaves_the_file_whole(format):
    names = [
        "<r><t>x</r>",
        "]]>&<a>",
        "_x0041_",
        "\x1b[31m\x07",
        '",\n"',
        "\ufffe\uffff",
        "é" * 200,
    ]
    for name in names:
        make_job(name=name, error_message="x" * 100_000)
    assert len(exported(make_viewer(), format=format)) == len(names) + 1


def test_an_export_of_a_period_has_its_rows_only():
    for name, day in [("before", "02-28"), ("first", "03-01"), ("after", "04-01")]:
        make_job(name=name, created_at=f"2026-{day}T00:00:00Z")
    rows = exported(make_viewer(), since="2026-03-01T00:00:00Z", until="2026-04-01T00:00:00Z")
    assert [row["name"] for row in rows] == ["first"]


def test_a_moment_that_no_spreadsheet_has_is_text(settings):
    settings.TIME_ZONE = "America/New_York"  # the year 1 begins there in the year before it
    boss = make_viewer("auth.view_user", last_login=datetime(1, 1, 1, tzinfo=UTC))
    assert (
        exported(boss, model="auth.user", format="xlsx")[0]["last_login"]
        == "0001-01-01T00:00:00+00:00"
    )


def test_more_rows_than_a_sheet_holds_are_refused_and_not_cut(monkeypatch):
    monkeypatch.setattr(export, "XLSX_ROWS", 1)
    make_job()
    outcome, written = run_export(make_viewer(), format="xlsx")
    assert outcome.error_message == (
        "2 rows are too many for a sheet, which holds 1: choose CSV, or a shorter period."
    )
    assert written == b""
    assert len(exported(make_viewer(), format="csv")) == 3


def test_rows_come_through_a_cursor_of_the_servers_that_keeps_no_copy(monkeypatch):
    cursors = []

    def shown(row):
        with connection.cursor() as cursor:
            cursor.execute("SELECT is_holdable FROM pg_cursors")
            cursors.extend(cursor.fetchall())
        return row

    monkeypatch.setitem(TABLES, "jobs.job", dataclasses.replace(TABLES["jobs.job"], shown=shown))
    exported(make_viewer())
    assert cursors == [(False,)]


def test_the_result_tells_how_many_rows_which_file_has():
    outcome, _ = run_export(make_viewer(), format="xlsx")
    assert outcome.result == {"rows": 1, "file": "jobs-job.xlsx", "cut_cells": 0}


def test_an_export_that_is_told_to_stop_writes_no_file():
    job = claimed(make_viewer())
    Job.objects.filter(id=job.id).update(cancel_requested_at=timezone.now())
    assert execute(job).status == Status.CANCELLED
    assert not job.files.exists()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model": "sessions.session"}, "sessions.session is not one of the available choices:"),
        ({"model": "jobs.apitoken"}, "jobs.apitoken is not one of the available choices:"),
        ({"format": "pdf"}, "pdf is not one of the available choices:"),
        ({"since": "1812-01-01T00:00:00Z"}, "since: Must be in the year 1900 or later."),
        (
            {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
            "until: The period must end after it begins.",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused_at_the_launch(params, message):
    with pytest.raises(InvalidParams) as refused:
        parameters.validate(registry.get("export"), params)
    assert message in str(refused.value)


def test_cells_that_are_too_long_for_a_spreadsheet_are_cut_and_counted():
    viewer = make_viewer()
    for length in (40_000, 50_000, 10):
        make_job(status=Status.COMPLETED, result={"text": "x" * length})
    job = claimed(viewer, format="xlsx")
    assert execute(job).result["cut_cells"] == 2
    [warning] = job.logs.filter(level="WARNING")
    assert warning.message.startswith("2 cells were longer than the 32,767 characters")
    for format in ("csv", "jsonl"):
        outcome, written = run_export(viewer, format=format)
        assert outcome.result["cut_cells"] == 0
        assert b"x" * 50_000 in written
