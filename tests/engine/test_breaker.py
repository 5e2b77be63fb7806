"""Publishing while Redis hangs, in a process with more threads than connections."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.engine import broker
from jobs.engine.app import JobsApp
from jobs.engine.broker import OPEN_SECONDS, Breaker
from jobs.engine.raw_redis import RawConnections
from jobs.errors import BrokerUnavailable
from jobs.models import Job


@pytest.fixture
def hung_broker(monkeypatch):
    """Something in Redis's place that takes connections and never says a word."""
    app = JobsApp("probe")
    app.config_from_object("jobs.engine.celery_settings:SETTINGS")
    with socket.create_server(("127.0.0.1", 0), backlog=200) as silent:
        app.conf.broker_url = f"redis://:x@127.0.0.1:{silent.getsockname()[1]}/0"
        monkeypatch.setattr(broker, "app", app)
        # Those of the process may hold connections to the Redis of other tests.
        unused = RawConnections(app.connection_for_write)
        monkeypatch.setattr(broker, "redis_connections", unused)
        monkeypatch.setattr(broker, "breaker", Breaker())
        yield


def seconds_to_refuse(_):
    began_at = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        broker.publish([Job()])
    return time.monotonic() - began_at


def test_forty_threads_are_all_refused_within_the_time_of_one_though_the_pool_has_ten(hung_broker):
    with ThreadPoolExecutor(40) as pool:
        seconds = list(pool.map(seconds_to_refuse, range(40)))
    # The socket's second; who waits for a slot gives up after half of one.
    assert 0.9 < max(seconds) < 1.9
    assert seconds_to_refuse(0) < 0.1


def test_a_failure_that_comes_fast_refuses_nobody_else():
    breaker = Breaker()
    for _ in range(5):
        with pytest.raises(BrokerUnavailable) as caught, breaker.guard():
            raise OSError("no")
        assert caught.value.diagnosis == "no"
    with breaker.guard():
        pass


def test_while_it_is_open_one_caller_probes_and_its_success_lets_everybody_pass(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(broker.time, "monotonic", lambda: now[0])
    breaker = Breaker()
    breaker.open()
    with pytest.raises(BrokerUnavailable), breaker.guard():
        pytest.fail("it is open")
    now[0] += OPEN_SECONDS
    with breaker.guard(), pytest.raises(BrokerUnavailable), breaker.guard():
        pytest.fail("somebody probes")
    with breaker.guard():
        pass
