"""Single commands to Redis over connections that are kept."""

import os

import pytest

from jobs.engine import raw_redis
from jobs.engine.app import app
from jobs.engine.raw_redis import RawConnections

QUEUE = "raw"


@pytest.fixture
def opened():
    """The connections that were opened, by the order of their opening."""
    return []


@pytest.fixture
def connections(redis, opened):
    def connect():
        opened.append(app.connection_for_write())
        return opened[-1]

    return RawConnections(connect)


def test_commands_one_after_the_other_use_one_connection(connections, opened, redis):
    for number in range(3):
        assert connections.send("LPUSH", QUEUE, f"é{number}", b"bytes") == 2 * (number + 1)
    assert redis.lrange(QUEUE, -2, -1) == [b"bytes", "é0".encode()]
    assert len(opened) == 1


def test_a_connection_that_redis_has_closed_is_replaced(connections, opened, redis):
    connections.send("LPUSH", QUEUE, "a")
    redis.client_kill_filter(_type="normal", skipme=True)
    assert connections.send("LPUSH", QUEUE, "b") == 2
    assert connections.send("LLEN", QUEUE) == 2
    assert len(opened) == 2


def test_a_connection_to_a_demoted_master_is_replaced(connections, opened, redis, monkeypatch):
    connections.send("LPUSH", QUEUE, "a")
    [kept] = connections._idle
    refusal = raw_redis.redis.ReadOnlyError("You can't write against a read only replica.")
    monkeypatch.setattr(kept.redis, "read_response", raising(refusal))
    assert connections.send("LLEN", QUEUE) == 1
    assert len(opened) == 2


def raising(error):
    def read_response():
        raise error

    return read_response


@pytest.mark.parametrize("fault", [ValueError(":1x"), OverflowError("$99999999999999999999")])
def test_an_answer_that_cannot_be_read_is_an_error_of_redis(
    connections, opened, redis, monkeypatch, fault
):
    connections.send("LPUSH", QUEUE, "a")
    [kept] = connections._idle
    monkeypatch.setattr(kept.redis, "read_response", raising(fault))
    with pytest.raises(raw_redis.redis.RedisError):
        connections.send("LLEN", QUEUE)
    assert connections.send("LLEN", QUEUE) == 1
    assert len(opened) == 2


def test_an_answer_that_came_too_late_is_read_by_no_later_command(connections, opened, redis):
    connections.send("LPUSH", QUEUE, "a")
    with pytest.raises(raw_redis.redis.TimeoutError):
        connections.send("BRPOP", "empty", "5")
    assert connections.send("LLEN", QUEUE) == 1
    assert len(opened) == 2


def test_after_a_timeout_no_other_connection_of_that_time_is_tried(connections, opened, redis):
    connections._idle += [connections._open(), connections._open()]
    with pytest.raises(raw_redis.redis.TimeoutError):
        connections.send("BRPOP", "empty", "5")
    connections.send("LLEN", QUEUE)
    assert len(opened) == 3


def test_a_refused_command_is_an_error_and_the_next_one_is_not(connections, redis):
    redis.set(QUEUE, "text")
    with pytest.raises(raw_redis.redis.ResponseError, match="WRONGTYPE"):
        connections.send("LPUSH", QUEUE, "a")
    redis.delete(QUEUE)
    assert connections.send("LPUSH", QUEUE, "a") == 1


def test_a_forked_process_opens_a_connection_of_its_own(connections, opened, monkeypatch):
    connections.send("LPUSH", QUEUE, "a")
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert connections.send("LPUSH", QUEUE, "b") == 2
    assert len(opened) == 2
