"""Upkeep's counts of ended jobs: exact, only rising, and independent of what is deleted."""

import time
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from jobs import lifecycle
from jobs.engine.upkeep import tally
from jobs.engine.upkeep.leader import Duty, Upkeep, _try_duty
from jobs.engine.upkeep.tally import count_ended
from jobs.lifecycle import Outcome
from jobs.models import Job, Status, Total, UpkeepState
from tests.support.factories import make_job, make_jobs

# Upkeep speaks over its own connection, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

NOW = timezone.now()
LONG_AGO = NOW - timedelta(hours=2)


@pytest.fixture(autouse=True)
def counted_since_long_ago():
    UpkeepState.objects.create(id=1, host="h", pid=1, counted_until=LONG_AGO)


def ended(seconds_ago=600, *, waited=1, ran=1, **fields):
    at = timezone.now() - timedelta(seconds=seconds_ago)
    times = {"created_at": at - timedelta(seconds=waited + ran), "finished_at": at}
    if fields.setdefault("status", Status.COMPLETED) != Status.CANCELLED:
        times["started_at"] = at - timedelta(seconds=ran)
    return make_job(**times | fields)


def totals(name):
    found = Total.objects.filter(name=name).order_by("type", "key")
    return {(one.type, one.key): one.value for one in found}


def test_each_job_that_ended_is_counted_once_by_type_status_and_error():
    ended()
    ended(type="export", status=Status.FAILED, error_code="time_limit")
    ended(status=Status.CANCELLED)
    ended(status=Status.FAILED)
    make_job()
    count_ended()
    count_ended()
    assert totals("ended") == {
        ("export", "FAILED time_limit"): 1,
        ("report", "CANCELLED"): 1,
        ("report", "COMPLETED"): 1,
        ("report", "FAILED exception"): 1,
    }
    ended(seconds_ago=0)
    time.sleep(2.1)
    count_ended()
    assert totals("ended")["report", "COMPLETED"] == 2


def test_waits_and_runs_are_counted_by_their_upper_bound():
    ended(waited=0.5, ran=0.51)
    ended(waited=1_000_000, ran=0)
    ended(status=Status.CANCELLED, waited=7)
    count_ended()
    assert totals("wait") == {("report", "+Inf"): 1, ("report", "0.5"): 1}
    assert totals("run") == {("report", "0.1"): 1, ("report", "1"): 1}
    assert totals("wait_seconds") == {("report", ""): pytest.approx(1_000_000.5)}
    assert totals("run_seconds") == {("report", ""): pytest.approx(0.51)}


def test_a_count_does_not_fall_when_its_job_is_deleted():
    job = ended()
    count_ended()
    assert lifecycle.remove([job.id]) == []
    count_ended()
    assert totals("ended") == {("report", "COMPLETED"): 1}


def test_the_first_count_only_begins():
    UpkeepState.objects.update(counted_until=None)
    ended()
    count_ended()
    assert totals("ended") == {}
    assert UpkeepState.objects.get().counted_until > NOW - timedelta(seconds=60)


def test_more_jobs_than_one_batch_are_counted_in_several(monkeypatch):
    batches = []
    counted = tally._count_next
    monkeypatch.setattr(
        tally, "END_OF_BATCH", tally.END_OF_BATCH.replace(f"LIMIT {tally.JOBS_A_BATCH}", "LIMIT 10")
    )
    monkeypatch.setattr(tally, "JOBS_A_BATCH", 10)
    monkeypatch.setattr(tally, "_count_next", lambda: batches.append(1) or counted())
    same = {"status": Status.COMPLETED, "finished_at": NOW - timedelta(seconds=90)}
    make_jobs(25, lambda number: {"finished_at": NOW - timedelta(seconds=60 + number)}, **same)
    make_jobs(15, **same)
    count_ended()
    assert totals("ended") == {("report", "COMPLETED"): 40}
    assert len(batches) > 3


def test_a_job_that_ends_in_an_open_transaction_is_counted_after_its_commit():
    job = make_job()
    with transaction.atomic():
        lifecycle.cancel_waiting(job.id, actor="me")
        count_ended()
        counted_until = UpkeepState.objects.using("worker").get().counted_until
        ended_at = Job.objects.get(id=job.id).finished_at
        assert counted_until < ended_at
    Job.objects.filter(id=job.id).update(finished_at=counted_until + timedelta(microseconds=1))
    time.sleep(2.1)
    count_ended()
    assert totals("ended") == {("report", "CANCELLED"): 1}


def test_a_second_upkeep_counts_nothing_twice():
    ended()
    with transaction.atomic():
        UpkeepState.objects.select_for_update().get()
        with connections["worker"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        with pytest.raises(Exception, match="lock"):
            count_ended()
    connections["worker"].close()
    count_ended()
    count_ended()
    assert totals("ended") == {("report", "COMPLETED"): 1}


def test_what_a_duty_counts_is_added_to_its_total():
    duty = Duty(lambda: 2, 1, total="republished")
    _try_duty(duty)
    _try_duty(duty)
    _try_duty(Duty(lambda: 0, 1, total="rescued"))
    assert totals("republished") == {("", ""): 4}
    assert totals("rescued") == {}
    assert {one.total for one in Upkeep()._duties} == {"", "rescued", "republished"}


def test_an_outcome_is_counted_with_the_code_that_its_attempt_wrote():
    job = make_job(status=Status.PROCESSING)
    outcome = Outcome(status=Status.FAILED, error_code="worker_lost", error_message="gone")
    lifecycle.settle(job.id, outcome, attempt=1, actor="upkeep")
    Job.objects.filter(id=job.id).update(finished_at=timezone.now() - timedelta(seconds=5))
    count_ended()
    assert totals("ended") == {("report", "FAILED worker_lost"): 1}
