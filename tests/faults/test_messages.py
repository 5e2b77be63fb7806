"""Hostile bytes in a queue are dropped, or start the job that they name and nothing else."""

import json
import random
import time

import pytest

from tests.faults.messages import SIGNATURE, no_messages, with_wishes
from tests.faults.stack import wait_until

DROPPED = "is no job's, and is dropped"


@pytest.fixture(autouse=True)
def log(stack):
    """Each test has a log of its own."""
    for log in stack.home.glob("worker-*.log"):
        log.unlink()


@pytest.fixture
def broker(stack):
    with stack.redis() as broker:
        yield broker


def a_message(stack, broker) -> bytes:
    """The message of a job that waits; the job stays without it."""
    stack.client.submit(name="without its message")
    return broker.lpop("default")


def complaints(worker) -> list[dict]:
    """What this worker logged above INFO; not its remark, at the start, that it runs as root."""
    lines = [
        json.loads(line) for line in worker.log.read_text().splitlines() if line.startswith("{")
    ]
    return [one for one in lines if one["level"] != "INFO" and one["logger"] != "py.warnings"]


def connections(broker) -> set[str]:
    """The connections that wait for messages, by Redis's own ids."""
    return {client["id"] for client in broker.client_list() if client["cmd"] == "brpop"}


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_any_bytes_in_a_queue_are_dropped_with_one_warning_each_and_jobs_go_on(
    stack, broker, count
):
    like = a_message(stack, broker)
    worker = stack.worker()
    waits = json.loads(like)["headers"]["id"]
    wait_until(lambda: bool(connections(broker)), 10)
    before = connections(broker)
    for message in no_messages(count, like, seed=9):
        broker.lpush("default", message)
    broker.lpush("default", like)
    done = stack.client.batch(20)
    for job_id in (waits, *done):
        stack.wait_for(job_id, "COMPLETED", seconds=60)
    wait_until(lambda: broker.llen("default") == 0, 10)
    assert worker.process.poll() is None
    assert connections(broker) == before
    told = complaints(worker)
    assert [one["level"] for one in told if DROPPED in one["message"]] == ["WARNING"] * count
    assert [one for one in told if DROPPED not in one["message"]] == []


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_nothing_that_a_message_holds_beside_the_id_has_an_effect(stack, broker, count):
    chance = random.Random(9)
    ids = stack.client.batch(count)
    victim = stack.client.submit("slow", seconds=0).body["id"]
    broker.delete("slow")
    messages = broker.lrange("default", 0, -1)
    broker.delete("default")
    named = SIGNATURE["options"]["task_id"].encode()
    hostile = [with_wishes(one, chance).replace(named, victim.encode()) for one in messages]
    broker.lpush("default", *hostile)
    worker = stack.worker()
    wait_until(lambda: bool(connections(broker)), 10)
    before = connections(broker)
    done = "SELECT count(*) FROM jobs_job WHERE status = 'COMPLETED'"
    wait_until(lambda: stack.sql(done) == [(count,)], 60, lambda: stack.sql(done))
    time.sleep(1)
    assert stack.sql("SELECT count(*) FROM effect") == [(len(ids),)]
    assert stack.job(victim)["status"] == "PENDING"
    assert connections(broker) == before
    assert complaints(worker) == []
    kinds, queues = (b"binding", b"binding_permanent"), (b"default", b"slow")
    assert set(broker.keys()) <= {
        b"_kombu." + one + b"." + queue for one in kinds for queue in queues
    }
    stack.client.cancel(victim)


def test_hostile_leftovers_of_unacknowledged_messages_do_not_touch_a_worker(stack, broker):
    like = a_message(stack, broker)
    for number, left in enumerate(
        [b"", b"x", b"[]", b"null", b'[{}, "", "default"]', b"[1,2,3]", like]
    ):
        broker.hset("unacked", f"tag{number}", left)
        broker.zadd("unacked_index", {f"tag{number}": 1})
    broker.sadd("_kombu.binding.default", "x", b"\xff", "a\x06\x16b")
    broker.set("unacked_mutex", "x")
    worker = stack.worker()
    job_id = stack.client.submit().body["id"]
    stack.wait_for(job_id, "COMPLETED", seconds=10)
    time.sleep(1)
    assert worker.process.poll() is None
    assert complaints(worker) == []
    assert broker.hlen("unacked") == 7
    broker.lpush("default", like)
    stack.drain()


@pytest.mark.parametrize("key", ["slow", "default\x06\x163", "default\x06\x169"])
@pytest.mark.parametrize("kind", ["set", "hset", "sadd"])
def test_a_queue_that_is_no_list_holds_up_no_worker(stack, broker, key, kind):
    worker = stack.worker()
    stack.wait_for(stack.client.submit().body["id"], "COMPLETED", seconds=10)
    before = connections(broker)
    getattr(broker, kind)(key, *(("x", "x") if kind == "hset" else ("x",)))
    for job_id in stack.client.batch(5):
        stack.wait_for(job_id, "COMPLETED", seconds=10)
    assert connections(broker) == before
    assert worker.process.poll() is None
    assert [
        one
        for one in complaints(worker)
        if "instead of a list, and is deleted" not in one["message"]
    ] == []
    broker.delete(key)
    stack.wait_for(stack.client.submit("slow", seconds=0).body["id"], "COMPLETED", seconds=10)
