"""Events and log lines of a job."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.api import records
from jobs.models import JobEvent, JobLog
from tests.support.factories import make_job


def test_events_are_listed_oldest_first(viewer):
    job = make_job()
    JobEvent.objects.create(job=job, to_status="PENDING", actor="ann")
    JobEvent.objects.create(
        job=job, from_status="PENDING", to_status="CANCELLED", actor="bob", reason="no"
    )
    first, second = viewer.get(f"/api/v1/jobs/{job.id}/events/").json()["results"]
    assert (first["from"], first["to"], first["actor"]) == ("", "PENDING", "ann")
    assert (second["from"], second["to"], second["reason"]) == ("PENDING", "CANCELLED", "no")


def test_a_log_is_read_from_a_line_on(viewer, monkeypatch):
    monkeypatch.setattr(records, "LINES_A_PAGE", 2)
    job = make_job(status="COMPLETED")
    for seq in (1, 2, 3):
        JobLog.objects.create(
            job=job, attempt=1, seq=seq, at=timezone.now(), level="INFO", message=f"line {seq}"
        )
    address = f"/api/v1/jobs/{job.id}/logs/"
    page = viewer.get(address).json()
    assert [line["message"] for line in page["results"]] == ["line 1", "line 2"]
    assert (page["next_after"], page["complete"]) == (2, False)
    page = viewer.get(address, {"after": 2}).json()
    assert [line["seq"] for line in page["results"]] == [3]
    assert (page["next_after"], page["complete"]) == (3, True)


def test_a_log_of_long_lines_comes_in_pages_that_fit_into_memory(viewer):
    job = make_job(status="COMPLETED")
    for seq in range(1, 41):
        JobLog.objects.create(
            job=job, attempt=1, seq=seq, at=timezone.now(), level="INFO", message="x" * 64 * 1024
        )
    address, seen, page = f"/api/v1/jobs/{job.id}/logs/", [], {"next_after": 0, "complete": False}
    while not page["complete"]:
        answer = viewer.get(address, {"after": page["next_after"]})
        assert len(answer.content) < 2_200_000
        page = answer.json()
        seen += [line["seq"] for line in page["results"]]
    assert seen == list(range(1, 41))


def test_the_log_of_an_active_job_is_not_complete(viewer):
    page = viewer.get(f"/api/v1/jobs/{make_job().id}/logs/").json()
    assert page == {"results": [], "next_after": 0, "complete": False}


@pytest.mark.parametrize("what", ["logs", "events", "files"])
def test_requests_that_are_often_repeated_read_no_large_column(viewer, what):
    job = make_job(params={"rows": "x" * 1000})
    with CaptureQueriesContext(connection) as captured:
        assert viewer.get(f"/api/v1/jobs/{job.id}/{what}/").status_code == 200
    assert not [one for one in captured.captured_queries if '"jobs_job"."params"' in one["sql"]]
