"""Warm stops and rolling deploys: running jobs may end, others take what waits."""

import contextlib
import http.client
import signal
import threading
import time

import pytest

from backoffice.local import programs
from tests.faults.invariants import violations
from tests.faults.stack import HEARTBEAT_SECONDS, RESCUED_WITHIN, wait_until

NEWER = {"FAULTS_NEWER": "1"}  # the version that knows one more type
CUSTOMERS = 4


def test_a_warm_stop_lets_work_end_and_gives_the_rest_back(stack, within):
    worker = stack.worker()
    short = stack.running(seconds=1.5)
    long = stack.running("twice", seconds=60)
    clock = within("warm stop", 40)
    worker.process.send_signal(signal.SIGTERM)
    clock.until(lambda: worker.process.poll() is not None)
    assert stack.job(short)["status"] == "COMPLETED"
    assert (stack.job(long)["status"], stack.job(long)["publishes"]) == ("PENDING", 2)
    assert stack.sql("SELECT count(*) FROM jobs_worker") == [(0,)]
    stack.client.cancel(long)


def test_a_warm_stop_ends_with_the_running_jobs(stack):
    worker = stack.worker()
    job_id = stack.running(seconds=1)
    waiting = stack.client.batch(20)
    worker.process.send_signal(signal.SIGTERM)
    before = time.monotonic()
    worker.process.wait(40)
    # As the suite's jobs may run for 3 s more; a worker that waits for them all takes longer.
    assert time.monotonic() - before < 3
    assert (stack.job(job_id)["status"], stack.job(job_id)["attempt"]) == ("COMPLETED", 1)
    stack.worker(number=2)
    for one in waiting:
        assert stack.wait_for(one, "COMPLETED")["attempt"] == 1


def drain(stack, is_drained=True):
    stack.sql(f"UPDATE jobs_worker SET drained_at = {'now()' if is_drained else 'NULL'}")
    wait_until(
        lambda: stack.sql("SELECT consuming FROM jobs_worker") == [(not is_drained,)],
        2 * HEARTBEAT_SECONDS + 3,
    )


def test_a_drained_worker_ends_what_it_runs_and_takes_nothing_until_it_is_resumed(stack):
    worker = stack.worker()
    running = [stack.running(seconds=3) for _ in range(2)]
    taken = stack.client.batch(6)  # some of them are in the worker's main process already
    drain(stack)
    later = stack.client.submit().body["id"]
    for job_id in running:
        assert stack.wait_for(job_id, "COMPLETED")["attempt"] == 1
    time.sleep(2)
    assert {stack.job(one)["status"] for one in (*taken, later)} == {"PENDING"}
    with stack.redis() as broker:
        assert broker.llen("default") == 7
    drain(stack, is_drained=False)
    for job_id in (*taken, later):
        assert stack.wait_for(job_id, "COMPLETED", seconds=5)["publishes"] == 1
    assert worker.process.poll() is None


@pytest.mark.long
def test_a_warm_stop_fails_what_may_not_run_again(stack):
    worker = stack.worker(concurrency=1)
    job_id = stack.running()
    worker.process.send_signal(signal.SIGTERM)
    worker.process.wait(40)
    job = stack.job(job_id)
    assert (job["status"], job["error_code"]) == ("FAILED", "worker_stopped")


@pytest.mark.long
@pytest.mark.parametrize("impatience", [signal.SIGTERM, signal.SIGKILL])
def test_a_warm_stop_that_somebody_cuts_short_loses_nothing(stack, within, impatience):
    stack.upkeep()
    worker = stack.worker()
    lost, again = stack.running(), stack.running("twice", seconds=3)
    waiting = stack.client.batch(5)
    worker.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    worker.process.send_signal(impatience)
    clock = within(f"{impatience.name} during a warm stop: nothing is left running", RESCUED_WITHIN)
    worker.process.wait(40)
    clock.until(
        lambda: stack.job(lost)["status"] == "FAILED" and stack.job(again)["status"] == "PENDING"
    )
    assert stack.job(lost)["error_code"] in ("worker_stopped", "worker_lost")
    stack.worker(number=2)
    stack.drain()
    assert {(stack.job(one)["status"], stack.job(one)["attempt"]) for one in waiting} == {
        ("COMPLETED", 1)
    }
    assert (stack.job(again)["status"], stack.job(again)["attempt"]) == ("COMPLETED", 2)


@pytest.mark.long
def test_in_a_rolling_deploy_a_new_type_waits_for_a_worker_that_knows_it(stack):
    stack.upkeep()
    stack.worker(number=1)
    deploy_web(stack)
    job_id = stack.client.submit("newer").body["id"]
    time.sleep(20 * HEARTBEAT_SECONDS)  # the old worker is rung for again and again, and takes none
    assert stack.job(job_id)["status"] == "PENDING"
    stack.worker(number=2, **NEWER)
    stack.wait_for(job_id, "COMPLETED", seconds=30)


@pytest.mark.long
def test_a_rolling_deploy_under_steady_load_loses_and_doubles_nothing(stack, within):
    stack.upkeep()
    old_worker = stack.worker(number=1)
    stopped = threading.Event()
    customers = [
        Customer(stack.new_client(), f"customer-{number}", stopped) for number in range(CUSTOMERS)
    ]
    for customer in customers:
        customer.start()
    time.sleep(2)
    deploy_web(stack)
    innovator = Customer(stack.new_client(), "innovator", stopped, type="newer")
    innovator.start()
    time.sleep(2)
    stack.worker(number=2, **NEWER)
    time.sleep(2)
    old_worker.process.send_signal(signal.SIGTERM)
    old_worker.process.wait(40)
    time.sleep(2)
    stopped.set()
    for customer in (*customers, innovator):
        customer.join(40)
    clock = within("rolling deploy under load: all that was accepted is done", 45)
    clock.until(
        lambda: not stack.sql("SELECT 1 FROM jobs_job WHERE status IN ('PENDING', 'PROCESSING')")
    )
    clients = [customer.client for customer in (*customers, innovator)]
    assert violations(stack, *clients) == []
    assert [client.refused + client.unknown for client in clients] == [[]] * len(clients)
    assert all(len(client.accepted) > 20 for client in clients)
    told = sum(len(client.accepted) for client in clients)
    assert stack.sql("SELECT status, count(*) FROM jobs_job GROUP BY 1") == [("COMPLETED", told)]
    assert stack.sql("SELECT count(*) FROM effect") == [(told,)]


def deploy_web(stack):
    """Start the new version beside the old one, then let the old one end what it is at."""
    stack.another_web(**NEWER)
    wait_until(lambda: "newer" in str(stack.client.ask("GET", "/api/v1/job-types/").body), 30)
    programs.stop_programs([stack.web])


class Customer(threading.Thread):
    """Submits about 15 times a second; repeats with the same key after a lost connection."""

    def __init__(self, client, name, stopped, *, type="quick"):
        super().__init__(daemon=True, name=name)
        self.client = client
        self.stopped = stopped
        self.type = type

    def run(self):
        number = 0
        while not self.stopped.wait(0.05):
            number += 1
            self._submit(f"{self.name}-{number}")

    def _submit(self, key):
        for _ in range(20):
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.client.submit(self.type, name=key, key=key)
        raise ConnectionError(f"no answer to {key}")
