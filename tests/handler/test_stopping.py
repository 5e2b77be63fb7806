"""Statements and programs of a handler that end once the job has to stop."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from django.db import Error, connection, connections, transaction

from jobs.handler import stopping
from jobs.handler.context import Cancelled, JobContext, TimeLimitReached
from jobs.models import Job
from jobs.testing import RecordingContext
from tests.support.polling import wait_until

WAIT = [sys.executable, "-c", "import time; time.sleep(60)"]


def asked_after(seconds):
    at = time.monotonic() + seconds
    return JobContext(Job(attempt=1), is_asked=lambda: time.monotonic() > at)


def sleep_in_sql(seconds=60):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("context", "error"),
    [
        (lambda: asked_after(0.3), Cancelled),
        (lambda: JobContext(Job(attempt=1), time_limit=0.3), TimeLimitReached),
    ],
)
def test_a_statement_is_cancelled_and_its_connection_goes_on(context, error):
    began = time.monotonic()
    with pytest.raises(error) as raised, context().sql(), transaction.atomic():
        sleep_in_sql()
    assert raised.type is error
    assert time.monotonic() - began < 15, "the statement takes 60 s"
    sleep_in_sql(0)


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_swallows_the_error_of_its_statement_is_stopped_at_the_end_of_the_block():
    with pytest.raises(Cancelled), asked_after(0.2).sql(), contextlib.suppress(Error):
        sleep_in_sql()


@pytest.mark.django_db
def test_a_block_that_ends_in_time_leaves_result_errors_and_no_thread():
    with RecordingContext().sql():
        sleep_in_sql(0)
    with pytest.raises(ZeroDivisionError), RecordingContext().sql():
        raise ZeroDivisionError
    assert not [one for one in threading.enumerate() if one.name == "stop watch"]


@pytest.mark.django_db(transaction=True)
def test_a_cancel_never_reaches_the_statement_after_the_block(monkeypatch):
    monkeypatch.setattr(stopping, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(stopping, "AGAIN_SECONDS", 0.001)
    ended = Counter()
    for number in range(200):
        lasts = number % 10 * 0.001  # the statement ends before, with, or after the cancel
        try:
            with asked_after(0.004).sql():
                sleep_in_sql(lasts)
            ended["in time"] += 1
        except Cancelled:
            ended["cancelled"] += 1
        sleep_in_sql(0.002)
    assert min(ended["in time"], ended["cancelled"]) > 10


class Interrupt(BaseException):
    """As the worker interrupts a handler whose grace is over."""


@pytest.mark.django_db(transaction=True)
def test_an_interrupt_while_a_cancel_is_sent_leaves_none_for_the_next_statement():
    sends, own = threading.Event(), connections["default"]
    own.ensure_connection()
    raw = own.connection

    def cancel_late():
        sends.set()
        time.sleep(0.5)
        raw.cancel()

    def interrupt(number, frame):
        raise Interrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(Interrupt), stopping.StopWatch(Cancelled, cancel_late, own.close):
            signal.setitimer(signal.ITIMER_REAL, 0.1 if sends.wait(5) else 0)
        sleep_in_sql(1)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_a_job_that_was_asked_before_starts_nothing():
    context = RecordingContext(cancel_after=0)
    with pytest.raises(Cancelled), context.sql():
        pytest.fail("the block was entered")
    with pytest.raises(Cancelled):
        context.run_program(["false"])


@pytest.mark.parametrize("program", ["sleep 60", "trap '' TERM; sleep 60 & sleep 60; sleep 60"])
def test_a_program_ends_with_those_that_it_started(program, tmp_path):
    began, pids = time.monotonic(), tmp_path / "pid"
    with pytest.raises(Cancelled):
        asked_after(0.5).run_program(["sh", "-c", f"echo $$ > {pids}; {program}"])
    assert time.monotonic() - began < 15, "the program takes 60 s"
    group = int(pids.read_text())
    wait_until(lambda: not _has_members(group), seconds=3)


def _has_members(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_returns_what_subprocess_run_would():
    context = RecordingContext()
    done = context.run_program(
        ["tr", "a", "b"], input="banana" * 100_000, text=True, capture_output=True
    )
    assert done.stdout == "bbnbnb" * 100_000
    with pytest.raises(subprocess.CalledProcessError):
        context.run_program(["false"])
    assert context.run_program(["false"], check=False).returncode == 1
    with pytest.raises(subprocess.TimeoutExpired):
        context.run_program(WAIT, timeout=0.3)
    with pytest.raises(FileNotFoundError):
        context.run_program(["no-such-program"])
