"""The job list and its refresh."""

from uuid import uuid4

import pytest
from django.urls import reverse

from jobs.models import Job, Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"
LIVE = "/admin/jobs/job/live/"


def refresh(client, *jobs, **headers):
    return client.get(LIVE, {"ids": ",".join(str(job.pk) for job in jobs)}, headers=headers)


def test_the_refresh_draws_the_same_cells_as_the_list(viewer):
    job = make_job(status=Status.PROCESSING, progress_percent=40, progress_message="Section 2 of 5")
    page = viewer.get(LIST).content.decode()
    [cells] = refresh(viewer, job).json().values()
    assert cells.keys() == {"status", "progress", "wait", "run_time"}
    assert cells["status"] in page
    assert cells["progress"] in page


def test_the_refresh_answers_304_until_a_job_changes(viewer):
    job = make_job(status=Status.PROCESSING)
    etag = refresh(viewer, job)["ETag"]
    assert refresh(viewer, job, if_none_match=etag).status_code == 304
    Job.objects.filter(pk=job.pk).update(version=job.version + 1, progress_percent=50)
    changed = refresh(viewer, job, if_none_match=etag)
    assert changed.status_code == 200
    assert "50 %" in changed.json()[str(job.pk)]["progress"]


def test_the_refresh_leaves_out_ids_it_does_not_know(viewer):
    assert viewer.get(LIVE, {"ids": str(uuid4())}).json() == {}


@pytest.mark.parametrize("ids", ["x", "1,2", ",".join(str(uuid4()) for _ in range(201))])
def test_the_refresh_refuses_what_is_no_list_of_ids(viewer, ids):
    assert viewer.get(LIVE, {"ids": ids}).status_code == 400


def test_jobs_can_be_neither_added_nor_changed_by_hand(admin_client):
    job = make_job()
    page = reverse("admin:jobs_job_change", args=[job.pk])
    assert admin_client.get(reverse("admin:jobs_job_add")).status_code == 403
    assert admin_client.post(page, {"name": "other"}).status_code in (403, 405)
    job.refresh_from_db()
    assert job.name != "other"
