"""Processes that die or sleep: workers and their children, and everything at once."""

import os
import signal

import pytest

from tests.faults.stack import LEASE_SECONDS, REPUBLISHED_WITHIN, RESCUED_WITHIN, wait_until


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_child_fails_its_job_within_seconds(stack, within):
    stack.worker()
    job_id = stack.running()
    os.kill(stack.job(job_id)["pid"], signal.SIGKILL)
    within("pool child killed: its job FAILED", 3).until(
        lambda: stack.job(job_id)["status"] == "FAILED"
    )
    job = stack.job(job_id)
    assert (job["error_code"], job["error_message"]) == (
        "worker_lost",
        "worker process lost (signal 9)",
    )
    after = stack.client.submit().body["id"]
    stack.wait_for(after, "COMPLETED", seconds=5)


def test_a_killed_child_gives_a_repeatable_job_a_second_attempt(stack, within):
    stack.worker()
    job_id = stack.running("twice", seconds=2)
    os.kill(stack.job(job_id)["pid"], signal.SIGKILL)
    clock = within("pool child killed: its repeatable job given back", 3)
    clock.until(lambda: stack.job(job_id)["publishes"] == 2)
    job = stack.wait_for(job_id, "COMPLETED", "FAILED", seconds=8)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 2)


@pytest.mark.long
@pytest.mark.lease
def test_a_killed_worker_takes_its_children_along_and_its_jobs_are_rescued(stack, within):
    stack.upkeep()
    worker = stack.worker()
    lost, again = stack.running(), stack.running("twice", seconds=3)
    children = [stack.job(one)["pid"] for one in (lost, again)]
    waiting = stack.client.batch(5)
    worker.process.kill()
    worker.process.wait()
    clock = within("whole worker killed: its jobs rescued", RESCUED_WITHIN)
    wait_until(lambda: not any(lives(pid) for pid in children), 2)
    stack.worker(number=2)
    clock.until(
        lambda: {stack.job(one)["status"] for one in (lost, again)}.isdisjoint({"PROCESSING"})
    )
    assert (stack.job(lost)["status"], stack.job(lost)["error_code"]) == ("FAILED", "worker_lost")
    assert stack.wait_for(again, "COMPLETED", "FAILED", seconds=20)["status"] == "COMPLETED"
    assert [stack.wait_for(one, "COMPLETED")["attempt"] for one in waiting] == [1] * 5


@pytest.mark.long
@pytest.mark.lease
def test_a_worker_frozen_past_its_lease_changes_nothing_when_it_wakes(stack, within):
    stack.upkeep()
    sleeper = stack.worker(concurrency=1)
    job_id = stack.running("stubborn", seconds=5)
    pids = [sleeper.process.pid, stack.job(job_id)["pid"]]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    clock = within("worker frozen past its lease: its job rescued", RESCUED_WITHIN)
    clock.until(lambda: stack.job(job_id)["status"] == "PENDING")
    stack.worker(number=2)
    stack.wait_for(job_id, "PROCESSING", seconds=10)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    job = stack.wait_for(job_id, "COMPLETED", "FAILED", seconds=20)
    assert (job["status"], job["attempt"]) == ("COMPLETED", 2)
    wait_until(lambda: "no longer holds the job" in sleeper.log.read_text(), LEASE_SECONDS + 10)
    written = """SELECT result->>'attempt', progress_message,
            ARRAY(SELECT message FROM jobs_joblog WHERE job_id = job.id),
            ARRAY(SELECT name FROM jobs_jobfile WHERE job_id = job.id)
        FROM jobs_job job WHERE id = %s"""
    assert stack.sql(written, job_id) == [("2", "attempt 2", ["attempt 2"], ["attempt 2"])]


@pytest.mark.long
def test_three_hundred_jobs_survive_children_that_are_replaced_after_two(stack, within):
    stack.worker(FAULTS_TASKS_PER_CHILD="2")
    stack.client.batch(300)
    done = "SELECT count(*) FROM jobs_job WHERE status = 'COMPLETED'"
    clock = within("children replaced after two jobs: 300 jobs done", 60)
    clock.until(lambda: stack.sql(done) == [(300,)])


@pytest.mark.long
@pytest.mark.lease
def test_after_everything_was_killed_at_once_all_that_was_accepted_ends(stack, within):
    upkeep, worker = stack.upkeep(), stack.worker()
    lost, again = stack.running(), stack.running("twice", seconds=1)
    waiting = stack.client.batch(50)
    victims = [stack.web, worker, upkeep, stack.postgres, stack.broker]
    for victim in victims:
        victim.process.kill()
    for victim in victims:
        victim.process.wait()
    for server in (stack.postgres, stack.broker):  # Redis comes back empty
        server.start()
    stack.web.start()
    stack.upkeep()
    stack.worker(number=2)
    clock = within(
        "everything killed at once: lost jobs rescued, queued ones done",
        RESCUED_WITHIN + REPUBLISHED_WITHIN,
    )
    clock.until(
        lambda: (
            {stack.job(one)["status"] for one in (lost, again, *waiting)} == {"COMPLETED", "FAILED"}
        )
    )
    assert (stack.job(lost)["status"], stack.job(lost)["error_code"]) == ("FAILED", "worker_lost")
    assert (stack.job(again)["status"], stack.job(again)["attempt"]) == ("COMPLETED", 2)
    assert {(stack.job(one)["status"], stack.job(one)["attempt"]) for one in waiting} == {
        ("COMPLETED", 1)
    }
