"""Cancel, rerun and batch: the answer for each status of a job."""

import pytest
from django import forms

from jobs import services
from jobs.models import Job
from tests.support.factories import make_job
from tests.support.people import caller_for

JOBS = "/api/v1/jobs/"


def cancel(client, job, **body):
    return client.post(f"{JOBS}{job.id}/cancel/", body, format="json")


def test_a_waiting_job_is_cancelled(client):
    answer = cancel(client, make_job(created_by=client.user), reason="wrong month")
    assert answer.status_code == 200
    assert answer.json()["status"] == "CANCELLED"


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING"])
def test_a_job_says_who_cancelled_it_and_why(client, status):
    job = make_job(created_by=client.user, status=status)
    cancel(client, job, reason="wrong month")
    for told in (client.get(f"{JOBS}{job.id}/").json(), client.get(JOBS).json()["results"][0]):
        assert told["cancel_requested_by"] == client.user.username
        assert told["cancel_reason"] == "wrong month"
        assert told["cancel_requested_at"]
    explanation = client.get(f"{JOBS}{job.id}/").json()["explanation"]
    assert client.user.username in explanation
    assert explanation.endswith(": wrong month")


def test_a_failure_says_who_acknowledged_it(client):
    job = make_job(created_by=client.user, status="FAILED")
    services.acknowledge(caller_for(client.user), job.id, "known outage")
    told = client.get(f"{JOBS}{job.id}/").json()
    assert (told["acknowledged_by"], told["acknowledged_note"]) == (
        client.user.username,
        "known outage",
    )
    assert told["acknowledged_at"]


def acknowledge(client, job, **body):
    return client.post(f"{JOBS}{job.id}/acknowledge/", body, format="json")


def test_a_failure_is_acknowledged_once(client):
    job = make_job(created_by=client.user, status="FAILED")
    assert client.get(f"{JOBS}{job.id}/").json()["can_acknowledge"] is True
    answer = acknowledge(client, job, note="known outage")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["acknowledged_by"], told["acknowledged_note"], told["can_acknowledge"]) == (
        client.user.username,
        "known outage",
        False,
    )
    assert answer["ETag"] == client.get(f"{JOBS}{job.id}/")["ETag"]
    assert acknowledge(client, job).status_code == 409


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING", "COMPLETED", "CANCELLED"])
def test_only_failures_are_acknowledged(client, status):
    job = make_job(created_by=client.user, status=status)
    assert client.get(f"{JOBS}{job.id}/").json()["can_acknowledge"] is False
    assert acknowledge(client, job).status_code == 409


@pytest.mark.parametrize("body", [{"note": 5}, {"reason": "x"}, {"note": "x" * 1001}])
def test_a_wrong_body_acknowledges_nothing(client, body):
    job = make_job(created_by=client.user, status="FAILED")
    assert acknowledge(client, job, **body).status_code == 400
    job.refresh_from_db()
    assert job.acknowledged_at is None


def test_a_running_job_is_asked_to_stop(client):
    job = make_job(created_by=client.user, status="PROCESSING")
    for _ in range(2):
        answer = cancel(client, job)
        assert answer.status_code == 202
        assert answer.json()["status"] == "PROCESSING"
        assert answer.json()["cancel_requested_at"]


@pytest.mark.parametrize(
    ("status", "code"), [("CANCELLED", 200), ("COMPLETED", 409), ("FAILED", 409)]
)
def test_a_settled_job_is_cancelled_only_if_it_was(client, status, code):
    assert cancel(client, make_job(created_by=client.user, status=status)).status_code == code


def test_a_job_of_somebody_else_is_not_there_to_be_cancelled(client, viewer):
    job = make_job()
    assert cancel(client, job).status_code == 404
    assert cancel(viewer, job).status_code == 403


def test_cancelling_needs_no_body(client):
    job = make_job(created_by=client.user)
    assert client.post(f"{JOBS}{job.id}/cancel/").status_code == 200


class Params(forms.Form):
    day = forms.IntegerField()
    kind = forms.CharField(initial="a")


@pytest.fixture
def settled(client, make_type):
    make_type(slug="daily", form=Params)
    params = {"day": 1, "kind": "b"}
    return make_job(
        type="daily", created_by=client.user, status="FAILED", params=params, name="Daily"
    )


def rerun(client, job, **body):
    return client.post(f"{JOBS}{job.id}/rerun/", body, format="json")


def test_a_settled_job_runs_again_with_other_params(client, settled):
    answer = rerun(client, settled, params={"day": 2})
    assert answer.status_code == 201
    body = answer.json()
    assert body["params"] == {"day": 2, "kind": "b"}
    assert body["rerun_of"] == str(settled.id)
    assert body["name"] == "Daily"
    assert answer["Location"] == body["url"]


def test_bad_overrides_are_refused_by_name(client, settled):
    answer = rerun(client, settled, params={"day": "x", "other": 1})
    assert answer.status_code == 400
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/params/day", "/params/other"}


def test_an_active_job_does_not_run_again(client, quick):
    assert rerun(client, make_job(created_by=client.user)).status_code == 409


def test_a_demoted_user_runs_nothing_again(client, settled):
    client.user.user_permissions.clear()
    assert rerun(client, settled).status_code == 403


def batch(client, *jobs, **headers):
    return client.post(f"{JOBS}batch/", {"jobs": list(jobs)}, format="json", headers=headers)


def test_a_batch_is_accepted_whole_in_the_order_given(client, quick):
    answer = batch(client, {"name": "a"}, {"name": "b"}, {"name": "c"})
    assert answer.status_code == 201
    body = answer.json()
    assert [job["name"] for job in body["results"]] == ["a", "b", "c"]
    assert {job["batch_id"] for job in body["results"]} == {body["batch_id"]}
    assert Job.objects.count() == 3
    listed = client.get(JOBS, {"batch": body["batch_id"]}).json()["results"]
    assert [job["name"] for job in listed] == ["c", "b", "a"]


def test_a_batch_with_one_bad_job_is_refused_whole(client, settled):
    good = {"name": "a", "type": "daily", "params": {"day": 1}}
    answer = batch(client, good, good, good | {"params": {"day": "x"}}, good | {"type": "none"})
    assert answer.status_code == 400
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/jobs/2/params/day", "/jobs/3/type"}
    answer = batch(client, good, {"name": ""}, good | {"status": "COMPLETED"})
    assert {e["pointer"] for e in answer.json()["errors"]} == {"/jobs/1/name", "/jobs/2/status"}
    assert Job.objects.count() == 1


def test_a_batch_has_1_to_500_jobs(client, quick):
    assert batch(client).status_code == 400
    assert batch(client, *[{"name": "a"}] * 501).status_code == 400


def test_a_batch_finds_the_broker_away_as_one_job_does(client, quick, broker_away):
    assert batch(client, {"name": "a"}, {"name": "b"}).status_code == 503
    assert not Job.objects.exists()


def test_a_repeated_batch_is_answered_with_the_same_jobs(client, quick):
    first, second = (
        batch(client, {"name": "a"}, {"name": "b"}, **{"Idempotency-Key": "k"}) for _ in "12"
    )
    assert second.status_code == 201
    assert second["Idempotency-Replayed"] == "true"
    assert [job["id"] for job in second.json()["results"]] == [
        job["id"] for job in first.json()["results"]
    ]
