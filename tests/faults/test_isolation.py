"""What a handler leaves in its process and its session does not reach the next job."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.leaks import LEAKS, SLEEP

ENDED = ("COMPLETED", "FAILED", "CANCELLED")


def found(stack):
    job_id = stack.client.submit("finder").body["id"]
    job = stack.wait_for(job_id, *ENDED)
    assert job["status"] == "COMPLETED", job
    [(result,)] = stack.sql("SELECT result FROM jobs_job WHERE id = %s", job_id)
    return result


def test_what_a_handler_leaves_behind_does_not_reach_the_next_job(stack):
    worker = stack.worker(concurrency=1)
    before = found(stack)
    differences = {}
    for leak in LEAKS:
        job = stack.wait_for(stack.client.submit("leaky", leak=leak).body["id"], *ENDED)
        after = found(stack)
        changed = {
            name: (before[name], after[name]) for name in before if before[name] != after[name]
        }
        if changed or job["status"] != "COMPLETED":
            differences[leak] = job["error_message"], changed
    assert differences == {}
    assert not _lives(f"sleep {SLEEP}")
    assert worker.process.poll() is None
    assert stack.sql("SELECT count(*) FROM jobs_job WHERE attempt > 1") == [(0,)]


@pytest.mark.parametrize("jobs", [10, pytest.param(60, marks=pytest.mark.long)])
def test_no_job_is_lost_or_run_twice_when_every_process_is_replaced(stack, jobs):
    stack.worker()
    ids = [stack.client.submit("leaky", leak="thread").body["id"] for _ in range(jobs)]
    stack.drain(30 + 3 * jobs)
    assert {stack.job(one)["status"] for one in ids} == {"COMPLETED"}
    assert stack.sql("SELECT count(*), count(DISTINCT pid), max(attempt) FROM effect") == [
        (jobs, jobs, 1)
    ]


def test_handlers_that_only_change_rows_share_a_connection(stack):
    stack.worker(concurrency=1)
    stack.wait_for(stack.client.submit().body["id"], "COMPLETED")
    before = _backends(stack)
    for _ in range(5):
        stack.wait_for(stack.client.submit().body["id"], "COMPLETED")
    assert _backends(stack) == before


def _backends(stack):
    """The connections of handlers: those that have written into their table last."""
    rows = stack.sql("SELECT pid FROM pg_stat_activity WHERE query LIKE 'INSERT INTO effect%'")
    assert rows
    return {pid for (pid,) in rows}


def _lives(command):
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if process.read_bytes().replace(b"\0", b" ").strip() == command.encode():
                return True
    return False
