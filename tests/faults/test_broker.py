"""Redis stopped, hung, full, read-only, emptied: submits are refused fast, no job is lost."""

import base64
import json
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.stack import HEARTBEAT_SECONDS, LEASE_SECONDS, REPUBLISHED_WITHIN, wait_until

LAST_PUBLISHED = (
    "SELECT extract(epoch FROM max(published_at) - %s) FROM jobs_job WHERE publishes > 1"
)


def refused(answer, clock):
    assert (answer.status, answer.body["code"]) == (503, "broker_unavailable"), answer
    assert answer.headers["Retry-After"]
    clock.saw(answer.seconds)


def no_job(stack):
    return stack.sql("SELECT count(*) FROM jobs_job") == [(0,)]


def now(stack):
    return stack.sql("SELECT clock_timestamp()")[0][0]


def last_published(stack, since):
    """When the last of the lost messages was published again, by PostgreSQL's clock; seconds."""
    return float(stack.sql(LAST_PUBLISHED, since)[0][0])


def test_a_stopped_redis_refuses_a_submit_and_leaves_no_row(stack, within):
    stack.broker.stop()
    refused(stack.client.submit(), within("Redis stopped: submit refused", 1.5))
    assert no_job(stack)


def test_a_hung_redis_refuses_one_submit_and_forty_at_once(stack, staff, within):
    stack.broker.process.send_signal(signal.SIGSTOP)
    refused(stack.client.submit(), within("Redis hung: submit refused", 1.5))
    with ThreadPoolExecutor(41) as pool:
        asked = [pool.submit(stack.client.submit) for _ in range(40)]
        page = pool.submit(staff.get, "/admin/jobs/job/").result()
    for one in asked:
        refused(one.result(), within("Redis hung: 40 submits at once refused", 2.5))
    assert page.status == 200
    within("Redis hung: the admin list answers meanwhile", 2.5).saw(page.seconds)
    assert no_job(stack)
    stack.broker.process.send_signal(signal.SIGCONT)
    stack.worker()  # whatever reached Redis all the same finds nothing
    time.sleep(1)
    assert stack.sql("SELECT count(*) FROM effect") == [(0,)]


@pytest.mark.long
@pytest.mark.parametrize(
    "command", [("CONFIG", "SET", "maxmemory", "1"), ("REPLICAOF", "127.0.0.1", "1")]
)
def test_a_full_or_read_only_redis_refuses_and_its_worker_lives_on(stack, within, command):
    worker = stack.worker()
    stack.upkeep()
    accepted = stack.client.batch(20, "slow", seconds=0.2)
    with stack.redis() as broker:
        broker.execute_command(*command)
        refused(
            stack.client.submit(name="refused"),
            within("Redis full or read-only: submit refused", 1.5),
        )
        time.sleep(1)
        broker.config_set("maxmemory", 0)
        broker.replicaof("NO", "ONE")
        broker.flushall()  # the messages of the failed one are lost
    clock = within("Redis full or read-only: lost messages come back, all done", 60)
    clock.until(lambda: {stack.job(one)["status"] for one in accepted} == {"COMPLETED"})
    assert worker.process.poll() is None
    assert stack.sql("SELECT count(*) FROM jobs_job WHERE name = 'refused'") == [(0,)]
    wait_until(lambda: stack.client.submit().status == 201, 15)


@pytest.mark.long
@pytest.mark.lease
def test_a_redis_restarted_without_its_data_runs_everything_once(stack, within):
    stack.upkeep()
    stack.client.batch(1000)
    stack.broker.stop()
    restarted_at = now(stack)
    stack.broker.start()
    stack.worker()
    stack.drain()
    clock = within(
        "Redis restarted without its data: 1,000 jobs published again", REPUBLISHED_WITHIN
    )
    clock.saw(last_published(stack, restarted_at))
    assert stack.sql("SELECT count(*) FROM effect") == [(1000,)]


@pytest.mark.long
@pytest.mark.lease
def test_flushall_leaves_running_jobs_alone_and_brings_queued_ones_back(stack, within):
    stack.upkeep()
    stack.worker(concurrency=1)
    running = stack.running(seconds=LEASE_SECONDS)
    stack.client.batch(20)
    with stack.redis() as broker:
        broker.flushall()
    flushed_at = now(stack)
    stack.drain()
    job = stack.job(running)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 1)
    within("FLUSHALL: queued jobs published again", REPUBLISHED_WITHIN).saw(
        last_published(stack, flushed_at)
    )
    assert stack.sql("SELECT count(*) FROM jobs_job WHERE publishes > 1") == [(20,)]


@pytest.mark.long
@pytest.mark.lease
def test_single_lost_messages_are_published_again_and_no_others(stack, within):
    ids = stack.client.batch(600)
    with stack.redis() as broker:
        messages = broker.lrange("default", 0, -1)
        lost = messages[10:510:20]
        for message in lost:
            assert broker.lrem("default", 1, message) == 1
    stack.upkeep()
    stack.worker()
    stack.drain()
    [(overtaken_at,)] = stack.sql("SELECT max(started_at) FROM jobs_job WHERE publishes = 1")
    clock = within(
        "25 of 600 messages lost: published again after being overtaken", REPUBLISHED_WITHIN
    )
    clock.saw(last_published(stack, overtaken_at))
    assert stack.sql("SELECT count(*), max(publishes) FROM jobs_job WHERE publishes > 1") == [
        (25, 2)
    ]
    assert len(ids) == 600


@pytest.mark.long
@pytest.mark.lease
@pytest.mark.parametrize(("how", "bound"), [("hung", 5), ("stopped", 35)])
def test_a_redis_away_for_six_leases_rescues_nobody_and_work_resumes(stack, within, how, bound):
    stack.upkeep()
    worker = stack.worker()
    logged = worker.log.stat().st_size
    job_id = stack.running(seconds=7 * LEASE_SECONDS)
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
    clock = within(f"Redis {how} for six leases: a new job is done", bound)
    wait_until(lambda: stack.client.submit(name="after").status == 201, bound)
    clock.until(
        lambda: stack.sql("SELECT status FROM jobs_job WHERE name = 'after'") == [("COMPLETED",)]
    )
    job = stack.wait_for(job_id, "COMPLETED", "FAILED", seconds=20 + LEASE_SECONDS)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 1)
    pauses = re.findall(r"Trying again in ([\d.]+) seconds", worker.log.read_text()[logged:])
    assert set(pauses) <= {"2.00"}, "pauses that grow would delay work after a long outage"
    assert pauses or how == "hung"


@pytest.mark.long
def test_fifty_thousand_jobs_behind_a_slow_worker_are_not_published_again(stack):
    upkeep = stack.upkeep()
    stack.worker(concurrency=1)
    ids = stack.client.batch(50_000, "slow", seconds=0.2)
    time.sleep(20 * HEARTBEAT_SECONDS)  # every one of them is due for another publish, were it lost
    assert stack.client.cancel(ids[-1]).status == 200
    time.sleep(20 * HEARTBEAT_SECONDS)
    assert stack.sql("SELECT max(publishes) FROM jobs_job") == [(1,)]
    assert upkeep.process.poll() is None
    stack.sql(  # nobody waits for all of them
        "WITH gone AS (DELETE FROM jobs_job WHERE status = 'PENDING' RETURNING id)"
        " DELETE FROM jobs_jobevent WHERE job_id IN (SELECT id FROM gone)"
    )
    stack.client.accepted = [job_id for (job_id,) in stack.sql("SELECT id::text FROM jobs_job")]


def test_ten_copies_of_a_message_run_the_job_once(stack, within):
    job_id = stack.client.submit("steady", seconds=0.5).body["id"]
    with stack.redis() as broker:
        [body] = broker.lrange("default", 0, -1)
        broker.lpush("default", *[body] * 9)
    worker = stack.worker()
    clock = within("ten copies of a message: one run, nine lines", 5)
    dropped = f"job {job_id} does not wait for this worker"
    clock.until(lambda: worker.log.read_text().count(dropped) == 9)
    stack.wait_for(job_id, "COMPLETED")
    assert stack.sql("SELECT count(*) FROM effect WHERE job_id = %s", job_id) == [(1,)]


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
        embed = {
            "callbacks": [signature],
            "errbacks": [signature],
            "chain": [signature],
            "chord": None,
        }
        forged["body"] = base64.b64encode(json.dumps([[], {}, embed]).encode()).decode()
        broker.lpush("default", json.dumps(forged))
        broker.delete("slow")
        stack.worker()
        stack.wait_for(job_id, "COMPLETED")
        time.sleep(1)
        assert broker.llen("default") == 0
    assert stack.job(victim)["status"] == "PENDING"
    stack.client.cancel(victim)
