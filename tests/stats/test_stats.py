"""Figures over jobs."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from jobs import stats
from jobs.models import Job
from jobs.stats import usual
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def ran(seconds, *, waited=0, **fields):
    """A job that waited and ran that long, and has just ended."""
    return make_job(
        **{"status": "COMPLETED"} | fields,
        created_at=NOW - timedelta(seconds=waited + seconds),
        started_at=NOW - timedelta(seconds=seconds),
        finished_at=NOW,
    )


def test_statuses_are_counted_and_absent_ones_are_0():
    make_job()
    make_job(status="FAILED")
    counts = stats.count_by_status(Job.objects.all())
    assert counts == {"PENDING": 1, "PROCESSING": 0, "COMPLETED": 0, "FAILED": 1, "CANCELLED": 0}


def slowed_by(sql):
    """Jobs that are found as slowly, or as badly, as `sql` is answered."""
    make_job()
    return Job.objects.extra(where=[f"({sql}) IS NOT NULL"])


@pytest.mark.django_db(transaction=True)
def test_a_capped_count_that_takes_long_is_not_known():
    slow = slowed_by("SELECT pg_sleep(5)")
    assert (stats.counts_to(slow, 10), stats.counts_of_first(slow, 10)) == ({}, None)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_is_no_slow_count():
    gone = slowed_by("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(OperationalError):
        stats.counts_to(gone, 10)
    connection.close()


def test_types_are_counted_by_status():
    make_job(type="a")
    make_job(type="a", status="FAILED")
    make_job(type="b")
    assert stats.count_by_type(Job.objects.all()) == {
        "a": {"PENDING": 1, "FAILED": 1},
        "b": {"PENDING": 1},
    }


def test_failures_are_counted_by_type_and_error_the_most_frequent_first():
    for code in ("exception", "worker_lost", "worker_lost"):
        make_job(status="FAILED", error_code=code, error_type="")
    make_job()
    found = [(row["error_code"], row["count"]) for row in stats.failures(Job.objects.all())]
    assert found == [("worker_lost", 2), ("exception", 1)]


def test_times_are_percentiles_of_waiting_and_running():
    for seconds in (1, 2, 3):
        ran(seconds, waited=10 * seconds)
    make_job()
    assert stats.times(Job.objects.all()) == stats.Times(20, 29, 2, 2.9)
    assert stats.times(Job.objects.none()) == stats.Times(None, None, None, None)


def test_queues_show_how_many_wait_and_since_when():
    first = make_job(queue="b")
    make_job(queue="b")
    make_job(queue="a", status="COMPLETED")
    assert stats.waiting_by_queue(Job.objects.all()) == [stats.QueueDepth("b", 2, first.created_at)]


def test_queues_are_counted_to_the_cap_each_on_its_own():
    for queue in "aaaab":
        make_job(queue=queue)
    assert [(one.queue, one.waiting) for one in stats.waiting_by_queue(Job.objects.all(), 2)] == [
        ("a", 3),
        ("b", 1),
    ]


def test_usual_durations_look_at_the_last_runs_of_each_type(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(usual, "RECENT", 3)
    make_job(
        type="a",
        status="COMPLETED",
        started_at=NOW - timedelta(days=9),
        finished_at=NOW - timedelta(days=8),
    )
    for seconds in (1, 2, 6):
        ran(seconds, type="a")
    make_job(type="b", status="CANCELLED")
    with django_assert_num_queries(1):
        assert stats.usual_durations(["a", "b", "a"]) == {"a": stats.Usual(2, 5.6)}
