"""Idempotency-Key: a repeated request is accepted once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from jobs.api.http.problems import MAY_BE_ACCEPTED, NOT_ACCEPTED
from jobs.api.http.responses import explain
from jobs.models import Job
from tests.support.factories import make_job

JOBS = "/api/v1/jobs/"

pytestmark = pytest.mark.usefixtures("quick")


def submit(client, name="a", key="k"):
    return client.post(JOBS, {"name": name}, format="json", headers={"Idempotency-Key": key})


def test_a_repeated_submission_is_answered_with_the_same_job(client):
    first, second = submit(client), submit(client)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert second["Location"] == first["Location"]
    assert Job.objects.count() == 1


def test_the_key_belongs_to_its_caller(client, make_client):
    submit(client)
    assert "Idempotency-Replayed" not in submit(make_client("jobs.add_job"))
    assert Job.objects.count() == 2


def test_another_body_under_the_key_is_refused(client):
    submit(client)
    answer = submit(client, name="b")
    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency_key_reused"


def test_errors_are_not_remembered(client):
    assert submit(client, name="").status_code == 400
    assert submit(client).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a b", "é", "\x01"])
def test_a_key_is_visible_and_short(client, key):
    assert submit(client, key=key).status_code == 400
    assert not Job.objects.exists()


def test_a_batch_of_one_is_another_request_than_a_single_job(client):
    submit(client)
    answer = client.post(
        f"{JOBS}batch/", {"jobs": [{"name": "a"}]}, format="json", headers={"Idempotency-Key": "k"}
    )
    assert answer.status_code == 422


def test_running_again_may_be_repeated_too(client):
    job = make_job(created_by=client.user, type="quick", status="FAILED")
    again = {"path": f"{JOBS}{job.id}/rerun/", "headers": {"Idempotency-Key": "again"}}
    first, second = client.post(**again), client.post(**again)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert second["Idempotency-Replayed"] == "true"
    other = make_job(created_by=client.user, type="quick", status="FAILED")
    assert (
        client.post(f"{JOBS}{other.id}/rerun/", headers={"Idempotency-Key": "again"}).status_code
        == 422
    )


def fail(*args, **kwargs):
    raise OperationalError("server closed the connection unexpectedly")


def test_a_503_does_not_deny_the_job_of_an_earlier_request_under_the_key(client, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(explain, "explanation", fail)
        unknown = submit(client)
    with connection.execute_wrapper(fail):
        repeated = submit(client)
    assert (unknown.status_code, repeated.status_code) == (504, 503)
    assert f"{NOT_ACCEPTED} {MAY_BE_ACCEPTED}" in repeated.json()["detail"]
    assert submit(client).json()["id"] == unknown.json()["id"]


def test_a_503_without_a_key_says_that_no_job_was_accepted(client):
    with connection.execute_wrapper(fail):
        answer = client.post(JOBS, {"name": "a"}, format="json")
    assert answer.status_code == 503
    assert NOT_ACCEPTED in answer.json()["detail"]
    assert MAY_BE_ACCEPTED not in answer.json()["detail"]


def test_a_503_of_the_broker_says_that_no_job_was_accepted_under_the_key(client, broker_away):
    answer = submit(client)
    assert answer.json()["code"] == "broker_unavailable"
    assert NOT_ACCEPTED in answer.json()["detail"]
    assert MAY_BE_ACCEPTED not in answer.json()["detail"]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_under_one_key_make_one_job(client):
    def post(_):
        caller = APIClient(HTTP_AUTHORIZATION=f"Token {client.token}")
        answer = submit(caller)
        connection.close()
        return answer

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(post, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == Job.objects.count() == 1
