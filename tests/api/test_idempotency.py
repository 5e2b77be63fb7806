"""Idempotency-Key: one request, however often it arrives."""

import pytest

from jobs.models import Job

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
