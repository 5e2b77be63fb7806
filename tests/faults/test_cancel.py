"""Cancels and time limits, of handlers that listen, sleep, or hear nothing."""

import signal

import pytest

from tests.faults.stack import wait_until


@pytest.fixture(autouse=True)
def worker(stack):
    return stack.worker()


def start(stack, type, seconds=60):
    job_id = stack.client.submit(type, seconds=seconds).body["id"]
    stack.wait_for(job_id, "PROCESSING")
    return job_id


def test_a_handler_that_reports_progress_stops_when_asked(stack):
    job_id = start(stack, "steady")
    assert stack.client.cancel(job_id).status == 202
    assert stack.wait_for(job_id, "CANCELLED", seconds=3)["status"] == "CANCELLED"


def test_a_handler_that_sleeps_is_interrupted_after_its_grace_and_its_child_lives(stack):
    job_id = start(stack, "limited", seconds=30)
    pid = stack.job(job_id)["pid"]
    stack.client.cancel(job_id)
    stack.wait_for(job_id, "CANCELLED", seconds=1 + 5)
    after = start_and_finish(stack)
    assert pid in after


def start_and_finish(stack):
    ids = [stack.client.submit().body["id"] for _ in range(8)]
    return {stack.wait_for(one, "COMPLETED")["pid"] for one in ids}


def test_a_deaf_handler_is_ended_after_its_grace_and_its_neighbour_is_not_touched(stack):
    deaf, neighbour = start(stack, "deaf"), start(stack, "steady", seconds=8)
    pid = stack.job(deaf)["pid"]
    stack.client.cancel(deaf)
    took = wait_until(lambda: stack.job(deaf)["status"] == "CANCELLED", 1 + 5)
    assert took > 1
    wait_until(lambda: not _lives(pid), 3)
    assert stack.wait_for(neighbour, "COMPLETED", "FAILED")["status"] == "COMPLETED"


def _lives(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return bool(file.read())
    except OSError:
        return False


def test_a_job_past_its_time_limit_fails_for_it(stack):
    job_id = start(stack, "limited")
    job = stack.wait_for(job_id, "FAILED", seconds=2 + 1 + 5)
    assert job["error_code"] == "time_limit"
    assert "2 s" in job["error_message"]


@pytest.mark.long
def test_deadlines_fire_while_redis_hangs(stack):
    job_id = start(stack, "limited")
    stack.broker.process.send_signal(signal.SIGSTOP)
    job = stack.wait_for(job_id, "FAILED", seconds=2 + 1 + 5)
    assert job["error_code"] == "time_limit"
