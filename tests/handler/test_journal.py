"""What a running attempt writes about itself."""

import pytest

from jobs import lifecycle
from jobs.handler import journal
from jobs.handler.context import JobContext, writer
from jobs.handler.journal import LOG_LINES_LIMIT
from jobs.models import Job, JobLog, Status
from tests.support.factories import make_job
from tests.support.lost_answers import faulty_proxy
from tests.support.polling import wait_until

# An attempt writes over its worker's own connection, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def test_log_lines_whose_commit_was_not_answered_are_there_once():
    job = make_job(status=Status.PROCESSING)
    context = JobContext(job)
    with faulty_proxy("worker") as proxy:
        proxy.lose_answer_to("INSERT INTO jobs_joblog")
        for number in range(150):
            context.log(f"line {number}")
        context.close()
        assert proxy.lost == 1
    assert list(job.logs.values_list("message", flat=True)) == [
        f"line {number}" for number in range(150)
    ]


def test_the_log_of_a_second_attempt_follows_that_of_the_first():
    job = make_job(status=Status.PROCESSING)
    for attempt in (1, 2):
        Job.objects.update(attempt=attempt)
        context = JobContext(Job.objects.get())
        context.log("from the beginning")
        context.log("to the end")
        context.close()
    assert list(job.logs.values_list("attempt", "seq")) == [
        (1, 1),
        (1, 2),
        (2, LOG_LINES_LIMIT + 1),
        (2, LOG_LINES_LIMIT + 2),
    ]


def test_what_is_counted_is_stored_until_the_attempt_is_lost():
    job = make_job(status=Status.PROCESSING, attempt=1)
    context = JobContext(job)
    context.progress(3, 7, "Reading", unit="rows" * 100)
    context.close()
    job.refresh_from_db()
    assert (job.progress_done, job.progress_total, job.progress_percent) == (3, 7, 42)
    assert job.progress_unit.startswith("rowsrows")
    lifecycle.release(job.pk, attempt=1, actor="upkeep", reason="lost")
    job.refresh_from_db()
    assert (job.progress_done, job.progress_total, job.progress_unit) == (None, None, "")


@pytest.mark.parametrize(
    ("done", "total", "unit"), [(3, 7, ""), (3, float("inf"), "rows"), (0, 100, "")]
)
def test_what_is_not_counted_is_not_stored(done, total, unit):
    job = make_job(status=Status.PROCESSING)
    context = JobContext(job)
    context.progress(done, total, unit=unit)
    context.close()
    job.refresh_from_db()
    assert (job.progress_done, job.progress_total, job.progress_unit) == (None, None, "")


def test_the_last_job_of_a_process_silences_not_the_present_one():
    last, present = (JobContext(make_job(status=Status.PROCESSING)) for _ in range(2))
    present.log("here")
    writer.forget(last)  # as its thread does when it finds the attempt lost after the next began
    wait_until(JobLog.objects.exists, seconds=10)
    present.close()


def test_an_attempt_that_lost_its_job_logs_nothing():
    job = make_job(status=Status.PROCESSING, attempt=2)
    with pytest.raises(journal.LostAttempt):
        journal.add_lines(job.id, 1, [journal.LogLine(job.created_at, "INFO", "late")], after=0)
    assert not JobLog.objects.exists()
