"""Handlers that misbehave: their job fails readably, the worker and the next job are fine."""

import os
import signal
import time

import pytest

from jobs.engine.worker.processes import find_process
from tests.faults.stack import LEASE_SECONDS, wait_until


@pytest.fixture
def worker(stack):
    worker = stack.worker()
    pid = worker.process.pid
    yield worker
    assert (worker.process.poll(), worker.process.pid) == (None, pid)


def run_to_end(stack, mode, seconds=15):
    job_id = stack.client.submit("rogue", mode=mode).body["id"]
    job = stack.wait_for(job_id, "COMPLETED", "FAILED", seconds=seconds)
    after = stack.client.submit().body["id"]
    assert stack.wait_for(after, "COMPLETED", "FAILED")["status"] == "COMPLETED", "the next job"
    return job_id, job


def lasted(stack, job_id):
    """From its submission to its end, by PostgreSQL's clock; seconds."""
    [(took,)] = stack.sql("SELECT finished_at - created_at FROM jobs_job WHERE id = %s", job_id)
    return took.total_seconds()


FAILURES = {
    "raise": ("exception", "division by zero"),
    "exit": ("exited", "exit code 3"),
    "os_exit": ("worker_lost", "worker process lost (exit code 7)"),
    "not_json": ("invalid_result", "not JSON"),
    "nan": ("invalid_result", "not JSON"),
    "text": ("invalid_result", "a str"),
    "huge_result": ("invalid_result", "are allowed"),
    "nested": ("invalid_result", "100 levels"),
    "wordless": ("exception", "<unprintable Wordless object>"),
    "deep": ("exception", "recursion"),
    "disk_full": ("exception", "No space left"),
}


def test_each_failure_has_a_readable_error_and_harms_nobody_else(stack, worker, within):
    for mode, (code, words) in FAILURES.items():
        clock = within(f"handler that misbehaves ({mode}): FAILED with the reason", 5)
        job_id, job = run_to_end(stack, mode)
        clock.saw(lasted(stack, job_id))
        assert (job["status"], job["error_code"]) == ("FAILED", code), mode
        assert words in job["error_message"], mode


def test_odd_text_is_stored_readably_and_capped(stack, worker, within):
    job_id, job = run_to_end(stack, "odd_text")
    within("NUL, surrogates, 10 MB of text: settled", 5).saw(lasted(stack, job_id))
    assert (job["status"], job["error_code"], len(job["error_message"])) == (
        "FAILED",
        "exception",
        1000,
    )
    assert "nul � surrogate �" in job["error_message"]
    [(log,)] = stack.sql("SELECT message FROM jobs_joblog WHERE job_id = %s", job_id)
    assert "nul � surrogate �" in log
    assert len(log) <= 64 * 1024
    assert stack.sql("SELECT length(name) FROM jobs_jobfile WHERE job_id = %s", job_id) == [(200,)]
    _, done = run_to_end(stack, "odd_result")
    assert done["status"] == "COMPLETED"


@pytest.mark.long
def test_a_flood_of_lines_is_cut_and_says_so(stack, worker, within):
    job_id, job = run_to_end(stack, "flood")
    within("50,000 log lines: settled", 5).saw(lasted(stack, job_id))
    assert job["status"] == "COMPLETED"
    lines = stack.sql("SELECT message FROM jobs_joblog WHERE job_id = %s ORDER BY seq", job_id)
    assert (len(lines), lines[-1][0]) == (10_000, "The log ends here: a job keeps 10,000 lines.")


def test_a_transaction_left_open_or_a_connection_closed_stays_with_its_job(stack, worker):
    for mode in ("open_transaction", "closed_connection"):
        _, job = run_to_end(stack, mode)
        assert job["status"] == "COMPLETED"


@pytest.mark.long
@pytest.mark.lease
def test_progress_is_seen_and_the_lease_renewed_while_a_handler_holds_a_transaction(
    stack, worker, within
):
    stack.upkeep()
    job_id = stack.client.submit("rogue", mode="hold_transaction").body["id"]
    clock = within("a transaction held open for 1.5 leases: progress is seen", 5)
    clock.until(lambda: (stack.job(job_id)["progress_percent"] or 0) > 0)
    seen = []
    while stack.job(job_id)["status"] == "PROCESSING":
        [(percent, left)] = stack.sql(
            "SELECT progress_percent, extract(epoch FROM lease_until - now())"
            " FROM jobs_job WHERE id = %s",
            job_id,
        )
        seen.append(percent)
        assert left is None or left > 0, "the lease ran out"
        time.sleep(0.2)
    assert len(set(seen)) > min(LEASE_SECONDS, 30)
    assert (stack.job(job_id)["status"], stack.job(job_id)["attempt"]) == ("COMPLETED", 1)


def test_the_last_words_of_a_handler_that_falls_silent_are_seen_soon(stack, worker):
    job_id = stack.client.submit("rogue", mode="quiet").body["id"]
    stack.wait_for(job_id, "PROCESSING")
    log = "SELECT count(*) FROM jobs_joblog WHERE job_id = %s"
    wait_until(
        lambda: stack.sql(log, job_id) == [(1,)] and stack.job(job_id)["progress_percent"] == 42, 3
    )
    assert stack.job(job_id)["status"] == "PROCESSING"
    stack.client.cancel(job_id)


@pytest.mark.long
def test_what_a_killed_handler_started_in_a_session_of_its_own_ends_too(stack, worker):
    job_id = stack.client.submit("rogue", mode="grandchild").body["id"]
    log = "SELECT message FROM jobs_joblog WHERE job_id = %s"
    wait_until(lambda: bool(stack.sql(log, job_id)), 10)
    grandchild = int(stack.sql(log, job_id)[0][0])
    wait_until(lambda: os.path.exists(f"/proc/{grandchild}"), 1)
    time.sleep(2)  # the agent looks once a second
    os.kill(stack.job(job_id)["pid"], signal.SIGKILL)
    stack.wait_for(job_id, "FAILED", seconds=5)
    # It is in /proc until its new parent reaps it, which can take seconds.
    wait_until(lambda: (found := find_process(grandchild)) is None or bool(found.ending), 3)
