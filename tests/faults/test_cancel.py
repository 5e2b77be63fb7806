"""Cancels and time limits, of handlers that listen, sleep, or hear nothing."""

import contextlib
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from tests.faults.stack import wait_until


@pytest.fixture(autouse=True)
def clock_step(tmp_path):
    """A file: the seconds by which the worker's time of day is off, once it exists."""
    return tmp_path / "clock_step"


@pytest.fixture(autouse=True)
def worker(stack, clock_step):
    return stack.worker(FAULTS_CLOCK=str(clock_step))


@contextlib.contextmanager
def locked_jobs(stack):
    """A table of jobs under an exclusive lock."""
    with (
        contextlib.closing(psycopg2.connect(stack.urls["DATABASE_URL"])) as other,
        other.cursor() as cursor,
    ):
        cursor.execute("LOCK jobs_job IN ACCESS EXCLUSIVE MODE")
        yield


def is_cancelled(stack, job_id):
    return stack.job(job_id)["status"] == "CANCELLED"


def test_a_handler_that_reports_progress_stops_when_asked(stack, within):
    job_id = stack.running("steady")
    assert stack.client.cancel(job_id).status == 202
    within("cancel of a handler that reports progress", 5).until(
        lambda: is_cancelled(stack, job_id)
    )


def test_a_handler_that_sleeps_is_interrupted_after_its_grace_and_its_child_lives(stack, within):
    job_id = stack.running("limited", seconds=30)
    pid = stack.job(job_id)["pid"]
    stack.client.cancel(job_id)
    within("cancel of a handler that sleeps (grace 1 s)", 1 + 5).until(
        lambda: is_cancelled(stack, job_id)
    )
    after = start_and_finish(stack)
    assert pid in after


@pytest.mark.parametrize("slug", ["long_sql", "long_program"])
def test_a_long_statement_or_program_ends_at_once_and_its_process_goes_on(stack, within, slug):
    job_id = stack.running(slug)
    pid = stack.job(job_id)["pid"]
    time.sleep(1)  # so that it waits in the statement or the program
    stack.client.cancel(job_id)
    within(f"cancel of {slug} (grace 10 s)", 3).until(lambda: is_cancelled(stack, job_id))
    [(statements,)] = stack.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(%%'"
        " AND state = 'active'"
    )
    assert statements == 0
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        assert children.read() == ""
    time.sleep(2)  # a process that is to be replaced has ended by then
    assert _lives(pid)


def start_and_finish(stack):
    ids = [stack.client.submit().body["id"] for _ in range(8)]
    return {stack.wait_for(one, "COMPLETED")["pid"] for one in ids}


def test_a_deaf_handler_is_ended_after_its_grace_and_its_neighbour_is_not_touched(stack, within):
    deaf, neighbour = stack.running("deaf"), stack.running("steady", seconds=6)
    pid = stack.job(deaf)["pid"]
    stack.client.cancel(deaf)
    within("cancel of a deaf handler (grace 1 s)", 1 + 5).until(lambda: is_cancelled(stack, deaf))
    [(waited,)] = stack.sql(
        "SELECT finished_at - cancel_requested_at FROM jobs_job WHERE id = %s", deaf
    )
    assert waited.total_seconds() > 1
    wait_until(lambda: not _lives(pid), 3)
    assert stack.wait_for(neighbour, "COMPLETED", "FAILED")["status"] == "COMPLETED"


def _lives(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return bool(file.read())
    except OSError:
        return False


def test_a_job_past_its_time_limit_fails_for_it(stack):
    job_id = stack.running("limited")
    job = stack.wait_for(job_id, "FAILED", seconds=2 + 1 + 5)
    assert job["error_code"] == "time_limit"
    assert "2 s" in job["error_message"]


def test_a_time_limit_ends_its_handler_while_the_table_of_jobs_is_locked(stack, within):
    job_id = stack.running("deaf_limited", seconds=60)
    pid = stack.job(job_id)["pid"]
    with locked_jobs(stack):
        clock = within(
            "jobs_job locked: a time limit of 2 s ends its process (grace 1 s)", 2 + 1 + 2 + 3
        )
        clock.until(lambda: not _lives(pid))
    clock = within("jobs_job free again: the ended job is FAILED", 8)
    clock.until(lambda: stack.job(job_id)["status"] == "FAILED")
    assert stack.job(job_id)["error_code"] == "time_limit"


def test_a_cancel_that_was_seen_ends_its_handler_while_the_table_of_jobs_is_locked(stack, within):
    job_id = stack.running("deaf", seconds=60)
    pid = stack.job(job_id)["pid"]
    time.sleep(1.2)  # so that the agent looks at it
    stack.client.cancel(job_id)
    time.sleep(1.2)
    with locked_jobs(stack):
        clock = within("jobs_job locked: a cancelled handler is ended (grace 1 s)", 6)
        clock.until(lambda: not _lives(pid))
    assert stack.wait_for(job_id, "CANCELLED", "FAILED", seconds=8)["status"] == "CANCELLED"


def test_a_handler_that_was_done_in_time_completes_however_long_the_table_is_locked(stack):
    job_id = stack.running("limited", seconds=1)
    with locked_jobs(stack):
        time.sleep(7)
    assert stack.wait_for(job_id, "COMPLETED", "FAILED", seconds=10)["status"] == "COMPLETED"


@pytest.mark.parametrize("step", [-86_400, 86_400])
def test_a_time_of_day_that_steps_moves_no_deadline(stack, clock_step, within, step):
    asked, limited = stack.running("deaf", seconds=60), stack.running("limited", seconds=60)
    clock_step.write_text(str(step))
    stack.client.cancel(asked)
    clock = within(
        "the clock steps by a day: a cancel and a time limit end their handlers", 2 + 1 + 5
    )
    clock.until(
        lambda: (
            {stack.job(asked)["status"], stack.job(limited)["status"]} == {"CANCELLED", "FAILED"}
        )
    )
    assert stack.job(limited)["error_code"] == "time_limit"


@pytest.mark.long
def test_deadlines_fire_while_redis_hangs(stack, within):
    job_id = stack.running("limited")
    stack.broker.process.send_signal(signal.SIGSTOP)
    clock = within("Redis hung: a time limit of 2 s fires (grace 1 s)", 2 + 1 + 5)
    clock.until(lambda: stack.job(job_id)["status"] == "FAILED")
    assert stack.job(job_id)["error_code"] == "time_limit"


@pytest.mark.long
def test_cancels_that_race_the_claim_and_the_finish_leave_one_final_status_each(stack, within):
    def race(number):
        job_id = stack.client.submit().body["id"]
        time.sleep(number % 10 * 0.005)  # it is claimed, runs and is done within these
        return stack.client.cancel(job_id).status

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(race, range(500)))
    assert {200, 409} <= statuses <= {200, 202, 409}
    stack.drain(30)
    took = """SELECT extract(epoch FROM coalesce(max(finished_at - cancel_requested_at), '0'))
        FROM jobs_job"""
    within("500 cancels that race claims and finishes", 5).saw(float(stack.sql(took)[0][0]))
    counts = dict(stack.sql("SELECT status, count(*) FROM jobs_job GROUP BY status"))
    assert set(counts) == {"COMPLETED", "CANCELLED"}
    assert sum(counts.values()) == 500
