"""Cancelling a job together with the waiting jobs that its handler launched."""

import pytest

from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)
JOBS = "/api/v1/jobs/"


def cancel(client, job, **body):
    return client.post(f"{JOBS}{job.id}/cancel/", body, format="json")


@pytest.mark.parametrize(
    ("body", "left"), [({}, 2), ({"children": False}, 2), ({"children": True}, 0)]
)
def test_the_waiting_children_are_cancelled_if_asked(client, body, left):
    parent = make_job(created_by=client.user, status="PROCESSING")
    for number in range(2):
        make_job(created_by=client.user, parent=parent, idempotency_key=f"child {number}")
    assert cancel(client, parent, **body).status_code == 202
    waiting = client.get(JOBS, {"parent": str(parent.id), "status": "PENDING"}).json()["results"]
    assert len(waiting) == left
    assert all(one["parent"] == str(parent.id) for one in waiting)


@pytest.mark.parametrize("children", ["yes", 1, None])
def test_whether_children_are_meant_is_a_boolean(client, children):
    job = make_job(created_by=client.user)
    answer = cancel(client, job, children=children)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/children"
