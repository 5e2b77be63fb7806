"""How many queries a page costs: the same few, however many jobs there are."""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.admin import rows
from jobs.models import Job, Status, Worker
from tests.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def viewer(client):
    rows.forget_usual()
    ContentType.objects.clear_cache()
    client.force_login(make_user("jobs.view_job", is_staff=True))
    return client


@pytest.fixture
def many():
    """Jobs of every status, by a user each; one worker."""
    Worker.objects.create(id="w1", host="app1", pid=7, slots=2, queues=["default"])
    return [
        make_job(status=status, created_by=make_user(), type=f"type{number % 3}")
        for status in Status
        for number in range(8)
    ]


def queries(client, address, **query):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address, query).status_code == 200
    return captured.captured_queries


@pytest.mark.parametrize("address", ["/admin/", "/admin/jobs/job/", "/admin/jobs/job/launch/"])
def test_a_page_takes_at_most_twelve_queries(admin_client, many, address):
    assert len(queries(admin_client, address)) <= 12


@pytest.mark.parametrize("status", Status)
def test_the_page_of_a_job_takes_at_most_twelve_queries(viewer, many, status):
    job = Job.objects.filter(status=status).first()
    assert len(queries(viewer, f"/admin/jobs/job/{job.pk}/change/")) <= 12


def test_a_refresh_of_fifty_running_rows_takes_three_queries(viewer):
    jobs = [make_job(status=Status.PROCESSING) for _ in range(50)]
    ids = ",".join(str(job.pk) for job in jobs)
    viewer.get("/admin/jobs/job/live/", {"ids": ids})  # what is usual is remembered from here on
    asked = queries(viewer, "/admin/jobs/job/live/", ids=ids)
    assert len(asked) <= 3, [one["sql"][:80] for one in asked]


def test_a_refresh_of_a_job_that_did_not_change_reads_no_long_column(viewer):
    job = make_job(status=Status.PROCESSING, params={"rows": "x" * 1000})
    with CaptureQueriesContext(connection) as captured:
        answer = viewer.get(f"/admin/jobs/job/{job.pk}/live/", {"version": f"{job.version}-{job.attempt}"})
    assert answer.status_code == 304
    assert not [one for one in captured.captured_queries if '"jobs_job"."params"' in one["sql"]]


@pytest.mark.parametrize("address", ["/admin/", "/admin/jobs/job/"])
def test_no_page_counts_without_a_cap_or_looks_for_distinct_values(viewer, many, address):
    make_job(status=Status.FAILED, finished_at=timezone.now() - timedelta(hours=1))
    for query in queries(viewer, address):
        sql = query["sql"].upper()
        assert "DISTINCT" not in sql
        assert "COUNT(" not in sql or "LIMIT" in sql, sql
