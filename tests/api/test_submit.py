"""POST /api/v1/jobs/: accepted and refused submissions."""

import pytest
from rest_framework.test import APIClient

from jobs.models import ApiToken, Job, JobEvent

JOBS = "/api/v1/jobs/"


pytestmark = pytest.mark.usefixtures("quick")


def test_a_name_is_enough(client):
    answer = client.post(JOBS, {"name": "Anything"}, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert body["status"] == "PENDING"
    assert body["name"] == "Anything"
    assert body["type"] == "quick"
    assert body["created_by"] == client.user.username
    assert answer["Location"] == body["url"] == f"http://testserver{JOBS}{body['id']}/"
    assert answer["Retry-After"] == "1"
    assert client.get(body["url"]).json() == body


def test_a_type_is_enough(client):
    alone = client.post(JOBS, {"type": "quick"}, format="json")
    batch = client.post(
        f"{JOBS}batch/", {"jobs": [{"type": "quick"}, {"name": "Mine"}]}, format="json"
    )
    assert (alone.status_code, batch.status_code) == (201, 201), alone.content + batch.content
    assert alone.json()["name"] == "Quick"
    assert [job["name"] for job in batch.json()["results"]] == ["Quick", "Mine"]


@pytest.mark.parametrize("body", [{}, {"params": {}}])
def test_a_name_or_a_type_is_needed(client, body):
    alone = client.post(JOBS, body, format="json")
    batch = client.post(f"{JOBS}batch/", {"jobs": [{"type": "quick"}, body]}, format="json")
    assert (alone.status_code, batch.status_code) == (400, 400)
    assert [one["pointer"] for one in alone.json()["errors"]] == ["/name"]
    assert [one["pointer"] for one in batch.json()["errors"]] == ["/jobs/1/name"]
    assert not Job.objects.exists()


def test_a_name_that_is_a_label_picks_the_type(client):
    assert client.post(JOBS, {"name": "qUICK"}, format="json").json()["type"] == "quick"


def test_while_the_broker_is_away_nothing_is_accepted(client, broker_away):
    answer = client.post(JOBS, {"name": "Quick"}, format="json")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "broker_unavailable"
    assert not Job.objects.exists()
    assert not JobEvent.objects.exists()


def test_launching_needs_the_permission(make_client):
    answer = make_client().post(JOBS, {"name": "Quick"}, format="json")
    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_denied"


def test_a_job_keeps_the_token_that_submitted_it(client, quick):
    made = ApiToken.objects.get(user=client.user)
    by_token = client.post(JOBS, {"name": "Quick"}, format="json").json()
    batch = client.post(f"{JOBS}batch/", {"jobs": [{"name": "Quick"}]}, format="json").json()
    ApiToken.objects.all().delete()
    for answer in (by_token, batch["results"][0]):
        job = Job.objects.get(pk=answer["id"])
        assert (job.token_id, job.token_name) == (made.public_id, "test")


def test_a_job_submitted_in_a_session_has_no_token(client, quick):
    session = APIClient()
    session.force_login(client.user)
    job = Job.objects.get(pk=session.post(JOBS, {"name": "Quick"}, format="json").json()["id"])
    assert (job.token_id, job.token_name) == (None, "")
