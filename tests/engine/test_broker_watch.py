"""Whether Redis answers is asked beside the pages: none waits, also when Redis hangs."""

import threading
import time

import pytest

from jobs.engine import broker, broker_watch
from jobs.engine.broker_watch import BrokerWatch
from jobs.errors import BrokerUnavailable
from tests.support import people
from tests.support.polling import wait_until

DOWN = "Redis does not answer"


@pytest.fixture
def watch(monkeypatch):
    """A watch that has asked nothing yet, for all pages."""
    fresh = BrokerWatch()
    monkeypatch.setattr("backoffice.admin_site.broker_watch", fresh)
    broker.breaker.reset()
    yield fresh
    broker.breaker.reset()


def refuse(queue):
    raise BrokerUnavailable("stopped")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/", "/admin/jobs/job/", "/admin/password_change/"])
def test_every_page_says_that_redis_is_down_and_then_no_more(
    client, redis, watch, monkeypatch, address
):
    monkeypatch.setattr(broker_watch, "ASK_EVERY_SECONDS", 0.0)
    client.force_login(people.operator())
    assert DOWN not in client.get(address).content.decode()
    with monkeypatch.context() as stopped:
        stopped.setattr(broker_watch, "queue_depth", refuse)
        wait_until(watch.look)
        assert DOWN in client.get(address).content.decode()
    wait_until(lambda: not watch.look())
    assert DOWN not in client.get(address).content.decode()


def test_a_redis_that_hangs_delays_no_page_and_is_asked_once_at_a_time(watch, monkeypatch):
    asked, answer = [], threading.Event()

    def hang(queue):
        asked.append(queue)
        answer.wait(10)
        raise BrokerUnavailable("timed out")

    monkeypatch.setattr(broker_watch, "queue_depth", hang)
    began_at = time.monotonic()
    assert not any(watch.look() for _ in range(100))
    assert time.monotonic() - began_at < 0.5
    assert len(asked) == 1
    answer.set()
    wait_until(watch.look)


def test_visitors_who_are_signed_out_ask_nothing(client, db, watch, monkeypatch):
    monkeypatch.setattr(watch, "look", lambda: pytest.fail("Redis was asked"))
    assert client.get("/admin/login/").status_code == 200
