"""Limits of how many jobs run at a time, and holds, while processes are killed.

The invariants count the running jobs by the events, after each test.
"""

import contextlib
import os
import random
import signal
import time

import pytest

from tests.faults.stack import wait_until

ENDED = "SELECT count(*) FROM jobs_job WHERE status NOT IN ('PENDING', 'PROCESSING')"
RUNNING = "SELECT pid FROM jobs_job WHERE status = 'PROCESSING'"


def kill_some(stack, count, every):
    """SIGKILL processes that run jobs until all have ended; returns how many were killed."""
    killed, dice = 0, random.Random(7)
    while stack.sql(ENDED) != [(count,)]:
        time.sleep(every)
        if running := stack.sql(RUNNING):
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(running)[0], signal.SIGKILL)
                killed += 1
    return killed


@pytest.mark.parametrize(
    ("count", "seconds", "every"),
    [(300, 0.05, 1.0), pytest.param(10_000, 0, 5.0, marks=pytest.mark.long)],
)
def test_never_more_than_three_run_while_processes_are_killed(stack, count, seconds, every):
    stack.upkeep()
    for number in (1, 2):
        stack.worker(concurrency=3, number=number)
    stack.client.batch(count, "three", seconds=seconds)
    assert kill_some(stack, count, every)
    [(most,)] = stack.sql(f"SELECT max(running) FROM ({MOST}) AS counted")
    assert most == 3
    failed = stack.sql("SELECT DISTINCT error_code FROM jobs_job WHERE status = 'FAILED'")
    assert failed == [("worker_lost",)]


# As in the invariants, to see that the limit is reached.
MOST = """
    SELECT sum(CASE WHEN to_status = 'PROCESSING' THEN 1 ELSE -1 END) OVER (
        ORDER BY at, to_status = 'PROCESSING') AS running
    FROM jobs_jobevent WHERE 'PROCESSING' IN (from_status, to_status) AND from_status <> to_status
        AND job_id IN (SELECT id FROM jobs_job WHERE type <> 'steady')
"""


def test_each_customer_has_one_running_job_and_the_others_go_on(stack):
    stack.upkeep()
    stack.worker(concurrency=4)
    stack.client.batch(8, "steady", seconds=0.3)
    stack.drain()  # each process of the worker has had its slow first job
    for number in range(24):
        stack.client.submit("each_one", customer="abc"[number % 3], seconds=0.2)
    stack.drain()
    [(most,)] = stack.sql(f"SELECT max(running) FROM ({MOST}) AS counted")
    assert most == 3
    # The first two of a customer may be claimed at the same moment: neither waits yet.
    order = """SELECT params ->> 'customer', (array_agg(id ORDER BY {}))[3:]
        FROM jobs_job WHERE type = 'each_one' GROUP BY 1"""
    assert stack.sql(order.format("started_at")) == stack.sql(order.format("id"))


def test_a_hold_outlives_a_restart_of_everything_and_its_jobs_start_in_order(stack):
    stack.upkeep()
    stack.worker(concurrency=1)
    stack.hold("quick", seconds=3600)
    held = [stack.client.submit("quick").body["id"] for _ in range(20)]
    steady = stack.client.submit("steady", seconds=0).body["id"]
    stack.wait_for(steady, "COMPLETED")
    restart(stack)
    held += [stack.client.submit("quick").body["id"] for _ in range(5)]
    time.sleep(2)
    assert {stack.job(one)["status"] for one in held} == {"PENDING"}
    stack.sql("UPDATE jobs_hold SET until = clock_timestamp() + interval '1 second'")
    stack.drain(15)
    started = "SELECT id::text FROM jobs_job WHERE type = 'quick' ORDER BY started_at"
    assert stack.sql(started) == [(one,) for one in held]
    assert stack.sql("SELECT DISTINCT status, attempt FROM jobs_job") == [("COMPLETED", 1)]


def restart(stack):
    """Kill every process, and start the servers, one worker and upkeep again."""
    for program in [stack.web, *stack._programs]:
        program.process.kill()
        program.process.wait()
    for server in (stack.postgres, stack.broker):
        server.process.send_signal(signal.SIGQUIT if server is stack.postgres else signal.SIGKILL)
        server.process.wait(30)
        server.start()
    wait_until(lambda: stack.sql("SELECT 1") == [(1,)], 30)
    stack._start_web()
    stack.upkeep()
    stack.worker(concurrency=1, number=2)
