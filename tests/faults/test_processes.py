"""Processes that die or sleep: workers, their children, upkeep."""

import base64
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from backoffice.local import programs
from tests.faults.stack import LEASE_SECONDS, wait_until


def running_job(stack, type="steady", seconds=60.0):
    job_id = stack.client.submit(type, seconds=seconds).body["id"]
    stack.wait_for(job_id, "PROCESSING")
    wait_until(lambda: (stack.job(job_id)["progress_percent"] or 0) >= 0, 5)
    return job_id


def effects(stack, job_id):
    return stack.sql("SELECT DISTINCT attempt, pid FROM effect WHERE job_id = %s ORDER BY 1", job_id)


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_child_fails_its_job_within_seconds(stack):
    stack.worker()
    job_id = running_job(stack)
    os.kill(stack.job(job_id)["pid"], signal.SIGKILL)
    job = stack.wait_for(job_id, "FAILED", seconds=3)
    assert (job["error_code"], job["error_message"]) == ("worker_lost", "worker process lost (signal 9)")
    after = stack.client.submit().body["id"]
    stack.wait_for(after, "COMPLETED", seconds=5)


def test_a_killed_child_gives_a_repeatable_job_a_second_attempt(stack):
    stack.worker()
    job_id = running_job(stack, "twice", seconds=2)
    os.kill(stack.job(job_id)["pid"], signal.SIGKILL)
    job = stack.wait_for(job_id, "COMPLETED", "FAILED", seconds=8)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 2)


@pytest.mark.long
def test_a_killed_worker_takes_its_children_along_and_its_jobs_are_rescued(stack):
    stack.upkeep()
    worker = stack.worker()
    lost, again = running_job(stack), running_job(stack, "twice", seconds=3)
    children = [stack.job(one)["pid"] for one in (lost, again)]
    waiting = stack.client.batch(5)
    worker.process.kill()
    worker.process.wait()
    wait_until(lambda: not any(lives(pid) for pid in children), 2)
    stack.worker(number=2)
    assert stack.wait_for(lost, "FAILED", seconds=2 * LEASE_SECONDS + 3)["error_code"] == "worker_lost"
    assert stack.wait_for(again, "COMPLETED", "FAILED", seconds=20)["status"] == "COMPLETED"
    assert [stack.wait_for(one, "COMPLETED")["attempt"] for one in waiting] == [1] * 5


@pytest.mark.long
def test_a_worker_frozen_past_its_lease_changes_nothing_when_it_wakes(stack):
    stack.upkeep()
    sleeper = stack.worker(concurrency=1)
    job_id = running_job(stack, "twice", seconds=5)
    pids = [sleeper.process.pid, stack.job(job_id)["pid"]]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: stack.job(job_id)["status"] == "PENDING", 3 * LEASE_SECONDS)
    stack.worker(number=2)
    stack.wait_for(job_id, "PROCESSING", seconds=10)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    job = stack.wait_for(job_id, "COMPLETED", "FAILED", seconds=20)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 2)
    time.sleep(2)
    assert stack.sql("SELECT result->>'attempt' FROM jobs_job WHERE id = %s", job_id) == [("2",)]


def test_a_warm_stop_lets_work_end_and_gives_the_rest_back(stack):
    worker = stack.worker()
    short = running_job(stack, seconds=1.5)
    long = running_job(stack, "twice", seconds=60)
    start = time.monotonic()
    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(40)
    assert time.monotonic() - start < 40
    assert stack.job(short)["status"] == "COMPLETED"
    assert (stack.job(long)["status"], stack.job(long)["publishes"]) == ("PENDING", 2)
    assert stack.sql("SELECT count(*) FROM jobs_worker") == [(0,)]
    stack.client.cancel(long)


@pytest.mark.long
def test_a_warm_stop_fails_what_may_not_run_again(stack):
    worker = stack.worker(concurrency=1)
    job_id = running_job(stack)
    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(40)
    job = stack.job(job_id)
    assert (job["status"], job["error_code"]) == ("FAILED", "worker_stopped")


@pytest.mark.long
def test_three_hundred_jobs_survive_children_that_are_replaced_after_two(stack):
    stack.worker(FAULTS_TASKS_PER_CHILD="2")
    stack.client.batch(300)
    stack.drain(60)
    assert stack.sql("SELECT count(*) FROM jobs_job WHERE status = 'COMPLETED'")[0][0] == 300


def test_of_two_upkeeps_one_leads_and_the_other_takes_over(stack):
    first = stack.upkeep()
    leader = "SELECT pid FROM jobs_upkeepstate WHERE heartbeat_at > now() - interval '2 seconds'"
    wait_until(lambda: stack.sql(leader) == [(first.process.pid,)], 20)
    second = stack.upkeep()
    time.sleep(3)
    assert stack.sql(leader) == [(first.process.pid,)]
    first.process.kill()
    wait_until(lambda: stack.sql(leader) == [(second.process.pid,)], 10)


def test_ten_copies_of_a_message_run_the_job_once(stack):
    job_id = stack.client.submit("steady", seconds=0.5).body["id"]
    with stack.redis() as broker:
        [body] = broker.lrange("default", 0, -1)
        broker.lpush("default", *[body] * 9)
        stack.worker()
        stack.wait_for(job_id, "COMPLETED")
        wait_until(lambda: broker.llen("default") == 0, 5)
    assert len(effects(stack, job_id)) == 1


def test_a_forged_message_starts_nothing_else(stack):
    victim = stack.client.submit("slow", seconds=0).body["id"]
    job_id = stack.client.submit().body["id"]
    with stack.redis() as broker:
        forged = json.loads(broker.lpop("default"))
        signature = {
            "task": "jobs.run_job",
            "args": [],
            "kwargs": {},
            "options": {"task_id": victim, "queue": "default"},
        }
        embed = {"callbacks": [signature], "errbacks": [signature], "chain": [signature], "chord": None}
        forged["body"] = base64.b64encode(json.dumps([[], {}, embed]).encode()).decode()
        broker.lpush("default", json.dumps(forged))
        broker.delete("slow")
        stack.worker()
        stack.wait_for(job_id, "COMPLETED")
        time.sleep(1)
        assert broker.llen("default") == 0
    assert stack.job(victim)["status"] == "PENDING"
    stack.client.cancel(victim)


@pytest.mark.long
def test_in_a_rolling_deploy_a_new_type_waits_for_a_worker_that_knows_it(stack):
    stack.upkeep()
    stack.worker(number=1)
    programs.stop([stack.web])
    old, stack.web.options["env"] = stack.web.options["env"], {**stack.env, "FAULTS_NEWER": "1"}
    stack._start_web()
    try:
        job_id = stack.client.submit("newer").body["id"]
        time.sleep(2)
        assert stack.job(job_id)["status"] == "PENDING"
        stack.worker(number=2, FAULTS_NEWER="1")
        stack.wait_for(job_id, "COMPLETED", seconds=30)
    finally:
        programs.stop([stack.web])
        stack.web.options["env"] = old
        stack._start_web()


def test_a_web_server_killed_between_commit_and_publish_loses_nothing(stack):
    # The row as the commit left it; the message never came.
    job_id = stack.client.submit().body["id"]
    with stack.redis() as broker:
        broker.flushall()
    stack.upkeep()
    stack.worker()
    stack.wait_for(job_id, "COMPLETED", seconds=15)


@pytest.mark.long
def test_cancels_that_race_the_claim_leave_one_final_status_each(stack):
    stack.worker()
    ids = stack.client.batch(500)
    with ThreadPoolExecutor(16) as pool:
        statuses = {answer.status for answer in pool.map(stack.client.cancel, ids)}
    assert statuses <= {200, 202, 409}
    stack.drain(30)
    counts = dict(stack.sql("SELECT status, count(*) FROM jobs_job GROUP BY status"))
    assert set(counts) <= {"COMPLETED", "CANCELLED"}
    assert sum(counts.values()) == 500
