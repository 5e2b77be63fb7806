"""Texts are cut to their columns when they are written, so that PostgreSQL refuses none."""

import logging
from datetime import UTC, datetime

import pytest
from django.db import connections

from jobs import lifecycle, services
from jobs.engine.lost_attempts import end_attempt
from jobs.engine.upkeep import leader
from jobs.engine.worker.agent import Agent
from jobs.engine.worker.state import WorkerState
from jobs.engine.worker.tasks import write_outcome
from jobs.handler import journal
from jobs.handler.context import JobContext
from jobs.handler.journal import LogLine
from jobs.lifecycle import Outcome
from jobs.models import Job, JobEvent, JobLog, Source, Status, UpkeepState, Worker
from tests.support.factories import make_job
from tests.support.polling import wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LONG = "ä" * 2000
ODD = "nul \x00 surrogate \ud800 " + LONG
TEXTS = pytest.mark.parametrize("text", [LONG, ODD], ids=["long", "odd"])


def running(**fields):
    return make_job(status=Status.PROCESSING, **fields)


def last_event(job):
    return JobEvent.objects.filter(job=job).last()


@TEXTS
def test_a_job_is_submitted_by_an_account_with_a_long_name(text, make_type):
    caller = services.Caller(user=None, name=text, source=Source.COMMAND, request_id=text)
    job = services.submit(caller, type=make_type().slug).job
    assert (len(job.created_by_name), len(job.request_id)) == (150, 200)
    assert len(last_event(job).actor) == 150


@TEXTS
@pytest.mark.parametrize("asked", [False, True], ids=["failed", "cancelled"])
def test_a_lost_attempt_is_ended_whatever_the_length_of_the_reason(text, asked, make_type):
    job = running(type=make_type().slug)
    if asked:
        job = lifecycle.request_cancel(job.id, actor=text, reason=text)
    ended = end_attempt(job, code="worker_lost", message=text, actor=text)
    assert ended.status == (Status.CANCELLED if asked else Status.FAILED)
    assert len(last_event(job).reason) == (1000 if asked else len("worker_lost"))


@TEXTS
def test_a_lost_attempt_waits_again_whatever_the_length_of_the_reason(text, make_type):
    job = running(type=make_type(max_attempts=2).slug)
    assert end_attempt(job, code="worker_lost", message=text, actor=text).status == Status.PENDING
    assert len(last_event(job).reason) == 1000


@TEXTS
def test_an_outcome_is_written_whatever_the_length_of_its_texts(text):
    job = running()
    outcome = Outcome(
        status=Status.FAILED,
        error_code=text,
        error_type=text,
        error_message=text * 2,
        error_traceback=text * 100,
        reason=text,
    )
    settled = lifecycle.settle(job.id, outcome, attempt=job.attempt, actor=text)
    assert (len(settled.error_code), len(settled.error_type), len(settled.error_message)) == (
        50,
        200,
        1000,
    )


@TEXTS
def test_an_attempt_belongs_to_a_worker_with_a_long_name_from_its_claim_to_its_end(text):
    job = make_job()
    claimed = lifecycle.claim(job.id, types=["report"], worker=text, pid=7)
    assert lifecycle.held(job.id, worker=text, pid=7) == claimed
    assert lifecycle.renew_leases({job.id: 7}, worker=text) == {job.id}
    lifecycle.request_cancel(job.id, actor="me")
    assert lifecycle.attempts_with_cancel_requested({job.id: 7}, worker=text) == [(job.id, 1)]


@TEXTS
def test_waiting_jobs_are_cancelled_and_failures_acknowledged_by_an_account_with_a_long_name(text):
    one, many, failure = make_job(), make_job(), make_job(status=Status.FAILED)
    assert lifecycle.cancel_waiting(one.id, actor=text, reason=text).status == Status.CANCELLED
    assert lifecycle.cancel_all_waiting([many.id], actor=text, reason=text) == [many.id]
    assert (
        lifecycle.mark_acknowledged(Job.objects.filter(id=failure.id), actor=text, note=text) == 1
    )
    for job in Job.objects.filter(id__in=[one.id, many.id]):
        assert (len(job.cancel_requested_by), len(job.cancel_reason)) == (150, 1000)


@TEXTS
def test_a_log_line_has_any_level_and_progress_any_message(text):
    job = running()
    line = LogLine(datetime.now(UTC), text, text)
    journal.add_lines(job.id, job.attempt, [line], after=0)
    assert len(JobLog.objects.get().level) == 10
    journal.write_progress(job.id, job.attempt, percent=1, message=text)
    assert len(Job.objects.get(id=job.id).progress_message) == 1000


def test_a_level_of_a_handlers_own_reaches_the_log():
    job = running()
    logging.addLevelName(35, "A LEVEL OF OUR OWN")
    record = logging.makeLogRecord(
        {"levelno": 35, "levelname": logging.getLevelName(35), "msg": "said"}
    )
    journal.add_lines(
        job.id,
        job.attempt,
        [LogLine(datetime.now(UTC), record.levelname, record.getMessage())],
        after=0,
    )
    assert JobLog.objects.get().message == "said"


def test_workers_and_upkeep_report_themselves_from_a_host_with_a_long_name(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: LONG)
    Agent(WorkerState(), 1, ["default"]).write_row()
    leader._report()
    assert {len(one.host) for one in (Worker.objects.get(), UpkeepState.objects.get())} == {255}


def test_an_outcome_that_postgresql_refuses_is_a_failure_with_its_reason_and_no_lost_worker():
    """A rule that only the database knows: one example of the values it may refuse."""
    job = running(params={"password": "s3cret"})
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_job ADD CONSTRAINT no_seven CHECK (result->>'x' <> '7')")
    try:
        write_outcome(job, Outcome(status=Status.COMPLETED, result={"x": 7}))
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("ALTER TABLE jobs_job DROP CONSTRAINT no_seven")
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.FAILED, "invalid_result")
    assert "no_seven" in job.error_message
    assert "s3cret" not in job.error_message, "PostgreSQL's details quote the row"


def test_a_log_that_postgresql_refuses_is_given_up_and_the_thread_that_writes_it_lives(caplog):
    job = running()
    with connections["default"].cursor() as cursor:
        cursor.execute("ALTER TABLE jobs_joblog ADD CONSTRAINT no_seven CHECK (message <> 'seven')")
    said = JobContext(job)
    try:
        said.log("seven")
        wait_until(lambda: "cannot be written" in caplog.text, 10)
    finally:
        with connections["default"].cursor() as cursor:
            cursor.execute("ALTER TABLE jobs_joblog DROP CONSTRAINT no_seven")
    other = JobContext(job)
    other.log("eight")
    wait_until(lambda: JobLog.objects.filter(message="eight").exists(), 10)
