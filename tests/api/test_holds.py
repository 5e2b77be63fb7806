"""Holds, limits and workers by the API: what callers send, and what they are answered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Hold, HoldKind, SiteLimit, Worker
from tests.support import people
from tests.support.factories import make_hold, make_worker

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def olga(make_client):
    return make_client(user=people.operator())


def place(client, **body):
    return client.post(f"{API}holds/", {"reason": "disk is full", **body}, format="json")


def test_a_hold_is_placed_listed_changed_and_released(olga):
    until = (timezone.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    placed = place(olga, type="report", until=until)
    assert placed.status_code == 201
    body = placed.json()
    shown = {name: body[name] for name in ("kind", "target", "name", "held_by", "ended_at")}
    assert shown == {
        "kind": "type",
        "target": "report",
        "name": "Generate report",
        "held_by": "olga",
        "ended_at": None,
    }
    assert olga.get(f"{API}holds/").json()["results"] == [body]
    address = f"{API}holds/{body['id']}/"
    assert olga.get(address).json() == body
    assert olga.patch(address, {"until": None}, format="json").json()["until"] is None
    released = olga.post(f"{address}release/").json()
    assert (released["released_by"], released["ended_at"] is None) == ("olga", False)
    assert olga.get(f"{API}holds/").json()["results"] == []
    assert olga.get(f"{API}holds/?ended=true").json()["results"] == [released]
    again = olga.post(f"{address}release/")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


def test_a_second_hold_of_the_same_target_is_refused(olga):
    place(olga, type="report")
    again = place(olga, type="Generate report")
    assert (again.status_code, again.json()["code"]) == (409, "already_held")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/type"),
        ({"type": "report", "queue": "default"}, "/type"),
        ({"type": "nothing"}, "/type"),
        ({"queue": "nothing"}, "/queue"),
        ({"requester": "\u0000"}, "/requester"),
        ({"token": 7}, "/token"),
        ({"type": "report", "until": "tomorrow"}, "/until"),
        ({"type": "report", "until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"type": "report", "reason": ""}, "/reason"),
        ({"type": "report", "reason": "x" * 501}, "/reason"),
        ({"type": "report", "hours": 1}, "/hours"),
    ],
)
def test_a_wrong_body_is_answered_with_the_place_of_each_fault(olga, body, pointer):
    answer = place(olga, **body)
    assert answer.status_code == 400
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert not Hold.objects.exists()


def test_a_submission_of_a_held_type_is_accepted_and_says_why_it_waits(olga, redis):
    place(olga, type="report")
    answer = olga.post(f"{API}jobs/", {"type": "report"}, format="json")
    assert answer.status_code == 201
    assert answer.json()["explanation"].startswith("On hold until it is released, by olga: disk")


def test_a_caller_does_not_see_the_holds_of_others(client):
    foreign = make_hold(kind=HoldKind.REQUESTER, value="999")
    make_hold()
    shown = client.get(f"{API}holds/").json()["results"]
    assert [one["kind"] for one in shown] == ["type"]
    assert client.get(f"{API}holds/{foreign.id}/").status_code == 404


def test_a_limit_is_set_lifted_and_removed(olga):
    address = f"{API}limits/report/"
    body = {"at_most": 2, "by": "format", "reason": "slow"}
    answer = olga.put(address, body, format="json")
    assert answer.status_code == 200
    assert answer.json()["at_most"] == 2
    assert answer.json()["is_of_site"] is True
    assert olga.get(f"{API}limits/").json()["results"] == [answer.json()]
    lifted = olga.put(address, {"at_most": None, "reason": "fast"}, format="json")
    assert lifted.json()["at_most"] is None
    assert olga.delete(address).status_code == 204
    assert olga.delete(address).status_code == 404
    assert not SiteLimit.objects.exists()


@pytest.mark.parametrize("at_most", [0, -1, 10_001, "three", 1.5, 10**30])
def test_a_limit_is_a_whole_number_or_null(olga, at_most):
    body = {"at_most": at_most, "reason": "x"}
    assert olga.put(f"{API}limits/report/", body, format="json").status_code == 400


def test_a_worker_is_drained_and_resumed(olga):
    worker = make_worker()
    address = f"{API}workers/{worker.id}/"
    drained = olga.post(f"{address}drain/", {"reason": "new disk"}, format="json").json()
    assert (drained["drained_by"], drained["drain_reason"]) == ("olga", "new disk")
    assert olga.get(f"{API}workers/").json()["results"] == [drained]
    assert olga.post(f"{address}drain/", {"reason": "x"}, format="json").status_code == 409
    assert olga.post(f"{address}resume/").json()["drained_at"] is None
    assert not Worker.objects.exclude(drained_at=None).exists()
    assert olga.post(f"{API}workers/gone/drain/", {"reason": "x"}, format="json").status_code == 404
