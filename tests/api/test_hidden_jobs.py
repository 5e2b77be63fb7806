"""No answer reveals a job that the caller may not see, nor whether it exists."""

from uuid import UUID

import pytest
from django.test import Client

from jobs.models import Job
from tests.support.factories import make_job, make_user

JOBS = "/api/v1/jobs/"


@pytest.fixture
def single(make_type):
    """A type with at most one active job."""
    return make_type(slug="single", label="Single", unique_while_active=True)


@pytest.fixture
def active(single, make_client):
    """An active job of that type, of another caller."""
    return make_job(
        type="single", name="secret", created_by=make_client().user, unique_while_active=True
    )


def conflicts(client):
    """The answers to a submission, a batch and a rerun while a job of the type is active."""
    done = make_job(type="single", status="COMPLETED", created_by=client.user)
    yield client.post(JOBS, {"name": "Single"}, format="json")
    yield client.post(
        JOBS, {"name": "x", "type": "single"}, format="json", HTTP_IDEMPOTENCY_KEY="k"
    )
    yield client.post(f"{JOBS}batch/", {"jobs": [{"name": "Single"}]}, format="json")
    yield client.post(f"{JOBS}{done.id}/rerun/", {}, format="json")


def test_a_conflict_does_not_name_a_job_that_the_caller_may_not_see(client, active):
    for answer in conflicts(client):
        assert (answer.status_code, answer.json()["code"]) == (409, "already_active")
        assert answer.json()["id"] is None
        assert str(active.id) not in answer.content.decode()
        assert "secret" not in answer.content.decode()


def test_a_conflict_names_the_job_to_a_caller_who_may_see_it(make_client, active):
    for answer in conflicts(make_client("jobs.add_job", "jobs.view_job")):
        assert answer.json()["id"] == str(active.id)


@pytest.fixture
def rerun(client):
    """A rerun that belongs to the client, of a job that the client may no longer see."""
    parent = make_job(name="secret parent", status="FAILED", created_by=make_user())
    return make_job(status="COMPLETED", created_by=client.user, rerun_of=parent)


def test_a_job_does_not_name_a_parent_that_the_caller_may_not_see(client, rerun):
    for address in ("", f"{rerun.id}/", f"?id={rerun.id}", f"{rerun.id}/events/"):
        answer = client.get(JOBS + address)
        assert answer.status_code == 200
        assert str(rerun.rerun_of_id) not in answer.content.decode()


def test_no_filter_reveals_whether_a_hidden_parent_exists(client, rerun):
    known, unknown = rerun.rerun_of_id, UUID(int=7)
    for name in ("rerun_of", "parent", "id", "batch"):
        answers = [client.get(f"{JOBS}?{name}={one}").json()["results"] for one in (known, unknown)]
        assert answers == [[], []]


def test_a_parent_that_the_caller_may_see_is_named_and_found(client, viewer, rerun):
    mine = make_job(created_by=client.user, status="COMPLETED")
    again = make_job(created_by=client.user, rerun_of=mine)
    for caller in (client, viewer):
        assert caller.get(f"{JOBS}{again.id}/").json()["rerun_of"] == str(mine.id)
        assert [
            one["id"] for one in caller.get(f"{JOBS}?rerun_of={mine.id}").json()["results"]
        ] == [str(again.id)]
    assert viewer.get(f"{JOBS}{rerun.id}/").json()["rerun_of"] == str(rerun.rerun_of_id)


def test_the_admins_page_does_not_name_a_hidden_parent(client, rerun):
    client.user.is_staff = True
    client.user.save()
    browser = Client()
    browser.force_login(client.user)
    for address in (f"{rerun.id}/change/", f"{rerun.id}/live/"):
        page = browser.get(f"/admin/jobs/job/{address}")
        assert page.status_code == 200
        assert "secret parent" not in page.content.decode()
        assert str(rerun.rerun_of_id) not in page.content.decode()


ACTIONS = [
    ("get", ""),
    ("delete", ""),
    ("post", "cancel/"),
    ("post", "rerun/"),
    ("post", "acknowledge/"),
    ("get", "events/"),
    ("get", "logs/"),
    ("get", "files/"),
    ("get", "files/x"),
]


@pytest.mark.parametrize(("method", "action"), ACTIONS)
def test_a_hidden_job_is_answered_as_one_that_does_not_exist(make_client, active, method, action):
    everything_but_seeing = make_client("jobs.add_job", "jobs.cancel_job", "jobs.delete_job")
    answers = [
        getattr(everything_but_seeing, method)(f"{JOBS}{one}/{action}")
        for one in (active.id, UUID(int=7))
    ]
    bodies = [answer.json() | {"request_id": ""} for answer in answers]
    assert answers[0].status_code == 404
    assert bodies[0] == bodies[1]
    assert Job.objects.get(id=active.id).status == "PENDING"
