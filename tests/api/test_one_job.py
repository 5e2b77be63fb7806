"""GET and DELETE /api/v1/jobs/{id}/: the job and its version."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from jobs.models import ApiToken, Job
from tests.support.factories import make_job, make_worker

FIELDS = set(
    """
    id url name type status progress params result error explanation created_by token source
    created_at started_at finished_at wait_seconds run_seconds attempt queue rerun_of parent
    batch_id
    about cancel_requested_at cancel_requested_by cancel_reason acknowledged_at acknowledged_by
    acknowledged_note can_cancel can_rerun can_acknowledge can_delete
    admin_url trace_id
    """.split()  # noqa: SIM905 (a list would fill the page)
)


def url(job):
    return f"/api/v1/jobs/{job.id}/"


def test_a_job_has_all_its_fields(viewer, django_assert_num_queries):
    job = make_job(
        status="COMPLETED",
        created_at=timezone.now() - timedelta(seconds=10),
        started_at=timezone.now() - timedelta(seconds=8),
        finished_at=timezone.now(),
        result={"rows": 3},
        params={"x": 1},
        created_by_name="ann",
    )
    viewer.get(url(job))
    with django_assert_num_queries(4):  # the token, two for permissions, the job
        body = viewer.get(url(job)).json()
    assert set(body) == FIELDS
    assert body["created_by"] == "ann"
    assert body["result"] == {"rows": 3}
    assert body["wait_seconds"] == pytest.approx(2, abs=0.1)
    assert body["run_seconds"] == pytest.approx(8, abs=0.1)
    assert body["explanation"] == "Completed after 8.0 s."
    assert body["error"] is None
    assert body["admin_url"].endswith(f"/admin/jobs/job/{job.id}/change/")


def test_a_job_names_the_token_that_submitted_it_to_those_who_may_see_the_job(
    client, viewer, make_client, quick, redis
):
    token = ApiToken.objects.get(user=client.user)
    made = client.post("/api/v1/jobs/", {"name": "x"}, format="json").json()
    named = {"id": str(token.public_id), "name": "test"}
    for caller in (client, viewer):
        assert caller.get(f"/api/v1/jobs/{made['id']}/").json()["token"] == named
        assert caller.get("/api/v1/jobs/").json()["results"][0]["token"] == named
        assert caller.get("/api/v1/jobs/", {"token": named["id"]}).json()["results"]
    assert made["token"] == named
    assert make_client("jobs.add_job").get(f"/api/v1/jobs/{made['id']}/").status_code == 404
    assert viewer.get(url(make_job())).json()["token"] is None


def test_a_waiting_job_says_what_it_waits_for(viewer):
    make_worker()
    make_job()
    answer = viewer.get(url(make_job()))
    assert answer.json()["explanation"] == "1 job is ahead of it."
    assert answer["Retry-After"] == "1"


def test_a_failed_job_says_why(viewer):
    body = viewer.get(url(make_job(status="FAILED", error_traceback="secret path"))).json()
    assert body["error"] == {
        "code": "exception",
        "type": "ValueError",
        "message": "it broke",
        "fingerprint": "",
    }
    assert "secret path" not in str(body)


def test_secret_params_are_masked(viewer, make_type):
    make_type(slug="hush", secret_fields=("password",))
    masked = {"password": "********"}
    assert (
        viewer.get(url(make_job(type="hush", params={"password": "pw"}))).json()["params"] == masked
    )
    assert (
        viewer.get(url(make_job(type="gone", params={"password": "pw"}))).json()["params"] == masked
    )


def test_a_known_version_is_a_304_until_it_changes(viewer):
    job = make_job()
    tag = viewer.get(url(job))["ETag"]
    assert tag == 'W/"1"'
    for known in (tag, '"1"', f'"0", {tag}'):
        answer = viewer.get(url(job), headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
        assert answer["Retry-After"] == "1"
    Job.objects.update(version=2)
    assert viewer.get(url(job), headers={"If-None-Match": tag}).status_code == 200


def test_a_job_says_whether_it_can_be_cancelled_or_rerun(client, make_type):
    make_type(slug="mine")
    waits = make_job(type="mine", created_by=client.user)
    settled = make_job(type="mine", created_by=client.user, status="FAILED")
    told = [client.get(url(job)).json() for job in (waits, settled)]
    assert [(job["can_cancel"], job["can_rerun"]) for job in told] == [(True, False), (False, True)]


def test_a_missing_job_and_a_hidden_one_get_the_same_answer(client):
    other = make_job()
    client.credentials(HTTP_X_REQUEST_ID="the-same-one", HTTP_AUTHORIZATION=f"Token {client.token}")
    answers = [
        client.get(url(other)),
        client.get("/api/v1/jobs/01a20000-0000-7000-8000-000000000000/"),
    ]
    bodies = [answer.json() for answer in answers]
    assert all(answer.status_code == 404 for answer in answers)
    assert all(body == bodies[0] for body in bodies)


@pytest.mark.parametrize("bad", ["x", "1", "%00"])
def test_an_id_that_no_job_can_have_is_not_found(client, bad):
    answer = client.get(f"/api/v1/jobs/{bad}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_settled_job_is_deleted_by_a_caller_with_the_permission(make_client):
    client = make_client("jobs.view_job", "jobs.delete_job")
    assert client.delete(url(make_job(status="FAILED"))).status_code == 204
    assert not Job.objects.exists()
    assert LogEntry.objects.filter(user=client.user).count() == 1


def test_an_active_job_is_not_deleted(make_client):
    client = make_client("jobs.view_job", "jobs.delete_job")
    assert client.delete(url(make_job())).status_code == 409


def test_deleting_needs_the_permission(viewer):
    assert viewer.delete(url(make_job(status="FAILED"))).status_code == 403
    assert Job.objects.count() == 1
