"""/healthz: who may read it, and the problems that it names."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from jobs import registry
from jobs.engine import broker
from jobs.errors import BrokerUnavailable
from jobs.models import JobFile, UpkeepState, Worker
from tests.support.factories import make_job, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_files")]


@pytest.fixture
def everything_runs():
    Worker.objects.create(
        id="w", host="h", pid=1, slots=1, queues=registry.queues(), consuming=True
    )
    UpkeepState.objects.create(id=1, host="h", pid=1)
    broker.breaker.reset()


@pytest.fixture
def staff(client):
    client.force_login(make_user(is_staff=True))
    return client


def test_only_staff_and_the_probe_token_may_ask(everything_runs, settings):
    settings.PROBE_TOKEN = "let-me-look"
    user = Client()
    user.force_login(make_user())
    assert (Client().get("/healthz").status_code, user.get("/healthz").status_code) == (403, 403)
    assert Client().get("/healthz", headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert (
        Client().get("/healthz", headers={"Authorization": "Bearer let-me-look"}).status_code == 200
    )
    settings.PROBE_TOKEN = ""
    assert Client().get("/healthz", headers={"Authorization": "Bearer "}).status_code == 403


def test_all_is_well_when_everything_runs(staff, everything_runs):
    answer = staff.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert set(answer.json()["checks"].values()) == {"ok"}


def silence(model):
    model.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=61))


def refuse(*_):
    raise BrokerUnavailable("refused")


def lose_a_file():
    JobFile.objects.create(
        job=make_job(),
        attempt=1,
        name="f",
        content_type="text/plain",
        size=1,
        sha256="",
        stored_name="no/where",
    )


FAULTS = {
    "broker": lambda patch: patch.setattr(broker, "queue_depth", refuse),
    "workers": lambda patch: silence(Worker),
    "upkeep": lambda patch: silence(UpkeepState),
    "files": lambda patch: lose_a_file(),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_fails_is_named(name, staff, everything_runs, monkeypatch):
    FAULTS[name](monkeypatch)
    answer = staff.get("/healthz")
    assert answer.status_code == 503
    assert [one for one, said in answer.json()["checks"].items() if said != "ok"] == [name]


def test_a_queue_that_nobody_serves_is_named(staff, everything_runs, make_type):
    make_type(queue="lonely")
    assert "lonely" in staff.get("/healthz").json()["checks"]["workers"]


def test_the_queue_of_bulk_actions_is_named_when_only_business_workers_live(staff, everything_runs):
    Worker.objects.update(queues=[one for one in registry.queues() if one != registry.MAINTENANCE])
    assert staff.get("/healthz").json()["checks"]["workers"] == "No live worker serves maintenance."


def test_a_database_that_takes_no_writes_is_named(staff, everything_runs):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
    answer = staff.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "PostgreSQL takes no writes."
