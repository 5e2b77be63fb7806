"""A session that keeps a job's row locked: it delays this job, loses none, and delays no other."""

import contextlib
import time

import psycopg2
import pytest

from tests.faults.stack import LEASE_SECONDS, wait_until


@contextlib.contextmanager
def locked(stack, job_id):
    """Keep the row locked, as a forgotten transaction of an operator does."""
    other = psycopg2.connect(stack.urls["DATABASE_URL"])
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute("SELECT FROM jobs_job WHERE id = %s FOR UPDATE", [job_id])
        yield


@pytest.mark.lease
def test_a_running_job_locked_past_its_lease_and_its_neighbours_all_complete(stack, within):
    stack.upkeep()
    stack.worker(concurrency=3)
    held, *neighbours = (stack.running(seconds=2.5 * LEASE_SECONDS) for _ in range(3))
    wait_until(lambda: stack.job(held)["progress_percent"], 10)
    with locked(stack, held):
        time.sleep(3 * LEASE_SECONDS)
        expired = (
            "SELECT id::text FROM jobs_job WHERE status = 'PROCESSING' AND lease_until < now()"
        )
        assert [job_id for (job_id,) in stack.sql(expired)] == [held], (
            "only its own lease could not be renewed"
        )
        assert [stack.wait_for(one, "COMPLETED", "FAILED")["status"] for one in neighbours] == [
            "COMPLETED"
        ] * 2
    clock = within("a job's row unlocked: its outcome is written", 10)
    clock.until(lambda: stack.job(held)["status"] in ("COMPLETED", "FAILED"))
    assert (stack.job(held)["status"], stack.job(held)["attempt"]) == ("COMPLETED", 1)


def test_a_waiting_job_that_is_locked_holds_up_no_slot_and_runs_when_it_is_free(stack):
    stack.upkeep()
    held, other = (stack.client.submit().body["id"] for _ in range(2))
    with locked(stack, held):
        stack.worker(concurrency=1)
        stack.wait_for(other, "COMPLETED", seconds=20)
        assert stack.job(held)["status"] == "PENDING"
    stack.wait_for(held, "COMPLETED", seconds=40)
    assert stack.job(held)["attempt"] == 1
