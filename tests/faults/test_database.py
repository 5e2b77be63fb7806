"""PostgreSQL restarted, hung, or cut off: 503 or 504 over HTTP, and no job lost or run twice."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.faults.invariants import violations
from tests.faults.stack import LEASE_SECONDS, wait_until

DOWN_SECONDS = 6


def crash(stack):
    """End PostgreSQL as a power cut of the server process would."""
    stack.postgres.process.send_signal(signal.SIGQUIT)
    stack.postgres.process.wait(20)


def test_a_job_survives_a_restart_of_postgresql_and_runs_once(stack, within):
    stack.upkeep()
    stack.worker()
    job_id = stack.client.submit("steady", seconds=8).body["id"]
    # Past its own statement of the side effect: a handler whose own query is cut off fails, and
    # rightly so.
    wait_until(lambda: stack.job(job_id)["progress_percent"], 10)
    crash(stack)
    answer = stack.client.submit()
    assert answer.status in (503, 504), answer
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert stack.client.ask("GET", "/api/v1/jobs/").status == 503
    time.sleep(DOWN_SECONDS)
    stack.postgres.start()
    clock = within("PostgreSQL away for 6 s: a running job settles", 15)
    clock.until(lambda: stack.job(job_id)["status"] in ("COMPLETED", "FAILED"))
    assert (stack.job(job_id)["status"], stack.job(job_id)["attempt"]) == ("COMPLETED", 1)
    stack.wait_for(stack.client.submit().body["id"], "COMPLETED", seconds=15)


@pytest.mark.long
def test_an_idle_worker_survives_a_restart_of_postgresql(stack, within):
    worker = stack.worker()
    stack.client.batch(4)
    stack.drain()
    crash(stack)
    time.sleep(DOWN_SECONDS)
    stack.postgres.start()
    clock = within("PostgreSQL away for 6 s: an idle worker runs a new job", 15)
    wait_until(lambda: stack.client.submit(name="after").status == 201, 15)
    clock.until(
        lambda: stack.sql("SELECT status FROM jobs_job WHERE name = 'after'") == [("COMPLETED",)]
    )
    assert worker.process.poll() is None


@pytest.mark.long
def test_a_result_waits_for_a_database_that_is_away_when_the_handler_returns(stack, within):
    stack.worker()
    job_id = stack.client.submit("slow", seconds=3).body["id"]
    # A handler whose own statement is cut off fails.
    wait_until(lambda: stack.sql("SELECT 1 FROM effect WHERE job_id = %s", job_id), 10)
    crash(stack)
    time.sleep(5)
    stack.postgres.start()
    clock = within("PostgreSQL away when the handler returned: COMPLETED", 10)
    clock.until(lambda: stack.job(job_id)["status"] in ("COMPLETED", "FAILED"))
    assert (stack.job(job_id)["status"], stack.job(job_id)["attempt"]) == ("COMPLETED", 1)


@pytest.mark.long
def test_a_database_that_hangs_for_two_leases_loses_nothing_and_no_job_is_falsely_rescued(
    stack, within
):
    stack.upkeep()
    stack.worker()
    job_id = stack.running(seconds=1.5 * LEASE_SECONDS)
    wait_until(lambda: stack.job(job_id)["progress_percent"], 10)
    client = stack.new_client()
    tell(stack, signal.SIGSTOP)
    asked = threading.Thread(target=client.submit, kwargs={"name": "asked meanwhile"})
    asked.start()
    time.sleep(2 * LEASE_SECONDS)
    tell(stack, signal.SIGCONT)
    clock = within("PostgreSQL hung for two leases: a running job settles", 15)
    clock.until(lambda: stack.job(job_id)["status"] in ("COMPLETED", "FAILED"))
    assert (stack.job(job_id)["status"], stack.job(job_id)["attempt"]) == ("COMPLETED", 1)
    asked.join()
    assert client.accepted or client.refused or client.unknown
    stack.drain()
    assert violations(stack, client) == []


def tell(stack, number):
    """Send a signal to the postmaster, and then to its backends, which no longer grow in number."""
    postmaster = stack.postgres.process.pid
    os.kill(postmaster, number)
    for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        with contextlib.suppress(ProcessLookupError):  # one that has just ended
            os.kill(int(pid), number)


@pytest.mark.long
def test_a_thousand_jobs_complete_although_their_connections_are_ended_half_way(stack):
    stack.upkeep()
    stack.worker()
    ids = stack.client.batch(1000)
    done = "SELECT count(*) FROM jobs_job WHERE status = 'COMPLETED'"
    wait_until(lambda: stack.sql(done)[0][0] > 300, 30)
    stack.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    stack.drain(60)
    # A handler whose own query was cut off fails, and rightly so: at most one in each of the two
    # processes.
    ended = dict(stack.sql("SELECT error_type, count(*) FROM jobs_job GROUP BY 1"))
    assert sum(ended.values()) == len(ids)
    assert ended.pop("") >= len(ids) - 2
    assert set(ended) <= {"OperationalError", "InterfaceError"}
    assert len(ids) - 2 <= stack.sql("SELECT count(*) FROM effect")[0][0] <= len(ids)


@pytest.mark.long
def test_submits_during_a_crash_are_accepted_refused_or_unknown_but_never_lost(stack):
    stack.upkeep()
    stack.worker()
    clients = [stack.new_client() for _ in range(4)]
    stopped = threading.Event()

    def hammer(client):
        while not stopped.is_set():
            with contextlib.suppress(OSError):
                client.submit()

    threads = [threading.Thread(target=hammer, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(2)
    crash(stack)
    time.sleep(2)
    stack.postgres.start()
    time.sleep(3)
    stopped.set()
    for thread in threads:
        thread.join()
    stack.drain(60)
    assert violations(stack, *clients) == []
    assert sum(len(client.accepted) for client in clients) > 20
