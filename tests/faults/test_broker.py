"""Redis stopped, hung, full, read-only, emptied: submits are refused fast, and nothing accepted is lost."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.stack import LEASE_SECONDS, wait_until


def refused(answer, within):
    assert (answer.status, answer.body["code"]) == (503, "broker_unavailable"), answer
    assert answer.headers["Retry-After"]
    assert answer.seconds < within, answer.seconds
    return True


def no_job(stack):
    return stack.sql("SELECT count(*) FROM jobs_job") == [(0,)]


def test_a_stopped_redis_refuses_a_submit_and_leaves_no_row(stack):
    stack.broker.stop()
    refused(stack.client.submit(), 1.5)
    assert no_job(stack)


def test_a_hung_redis_refuses_one_submit_and_forty_at_once(stack):
    stack.broker.process.send_signal(signal.SIGSTOP)
    refused(stack.client.submit(), 1.5)
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: stack.client.submit(), range(40)))
    assert all(refused(answer, 2.5) for answer in answers)
    assert stack.client.ask("GET", "/api/v1/jobs/").seconds < 1
    assert no_job(stack)
    stack.broker.process.send_signal(signal.SIGCONT)
    stack.worker()  # whatever reached Redis all the same finds nothing
    time.sleep(1)
    assert stack.sql("SELECT count(*) FROM effect") == [(0,)]


@pytest.mark.long
@pytest.mark.parametrize("command", [("CONFIG", "SET", "maxmemory", "1"), ("REPLICAOF", "127.0.0.1", "1")])
def test_a_full_or_read_only_redis_refuses_and_its_worker_lives_on(stack, command):
    worker = stack.worker()
    stack.upkeep()
    with stack.redis() as broker:
        broker.execute_command(*command)
        refused(stack.client.submit(), 1.5)
        assert no_job(stack)
        time.sleep(1)
        broker.config_set("maxmemory", 0)
        broker.replicaof("NO", "ONE")
    assert worker.process.poll() is None
    wait_until(lambda: stack.client.submit().status == 201, 15)
    stack.drain(60)


@pytest.mark.long
def test_a_redis_restarted_without_its_data_runs_everything_once(stack):
    stack.client.batch(1000)
    stack.broker.stop()
    stack.broker.start()
    stack.upkeep()
    stack.worker()
    stack.drain(60)
    assert stack.sql("SELECT count(*) FROM effect") == [(1000,)]


@pytest.mark.long
def test_flushall_leaves_running_jobs_alone_and_brings_queued_ones_back(stack):
    stack.upkeep()
    stack.worker(concurrency=1)
    running = stack.client.submit("steady", seconds=4).body["id"]
    stack.wait_for(running, "PROCESSING")
    stack.client.batch(20)
    with stack.redis() as broker:
        broker.flushall()
    assert stack.wait_for(running, "COMPLETED", "FAILED")["attempt"] == 1
    stack.drain(45)


@pytest.mark.long
def test_single_lost_messages_are_published_again_and_no_others(stack):
    ids = stack.client.batch(600)
    with stack.redis() as broker:
        messages = broker.lrange("default", 0, -1)
        lost = messages[10:510:20]
        for message in lost:
            assert broker.lrem("default", 1, message) == 1
    stack.upkeep()
    stack.worker()
    stack.drain(60)
    assert stack.sql("SELECT count(*), max(publishes) FROM jobs_job WHERE publishes > 1") == [(25, 2)]
    assert len(ids) == 600


@pytest.mark.long
@pytest.mark.parametrize("how", ["hung", "stopped"])
def test_a_redis_away_for_six_leases_rescues_nobody_and_work_resumes(stack, how):
    stack.upkeep()
    stack.worker()
    job_id = stack.client.submit("steady", seconds=7 * LEASE_SECONDS).body["id"]
    stack.wait_for(job_id, "PROCESSING")
    if how == "hung":
        stack.broker.process.send_signal(signal.SIGSTOP)
    else:
        stack.broker.stop()
    time.sleep(6 * LEASE_SECONDS)
    assert stack.job(job_id)["status"] == "PROCESSING"
    if how == "hung":
        stack.broker.process.send_signal(signal.SIGCONT)
    else:
        stack.broker.start()
    job = stack.wait_for(job_id, "COMPLETED", "FAILED", seconds=20)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 1)
    wait_until(lambda: stack.client.submit().status == 201, 15)
    stack.drain(45)
