"""Bulk jobs act on the jobs that matched at the click, by the status they had then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job
from tests.types.bulk_jobs import run_bulk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def a_minute_ago():
    return timezone.now() - timedelta(minutes=1)


def matched_before(**fields):
    """Return a job that was created ten minutes ago."""
    job = make_job(**fields)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=10))
    return job


def test_the_csv_lists_every_job_that_matched_at_the_click_and_why_some_were_not_cancelled():
    operator = people.operator()
    now, click = timezone.now(), a_minute_ago()
    ran = {"started_at": now, "finished_at": now}
    cancelled = {"status": Status.CANCELLED, "finished_at": now}
    mine = {"cancel_requested_by": "olga", "cancel_requested_at": now}
    expected = [
        ({}, "cancelled", ""),
        ({"status": Status.COMPLETED, **ran}, "skipped", "had already completed"),
        ({"status": Status.FAILED, **ran}, "skipped", "had already failed"),
        ({"status": Status.PROCESSING, "started_at": now}, "asked to stop", ""),
        (cancelled | {"cancel_requested_by": "ann"}, "skipped", "had already been cancelled"),
        (cancelled | mine, "cancelled", ""),
    ]
    jobs = [str(matched_before(**fields).pk) for fields, *_ in expected]
    matched_before(status=Status.COMPLETED, finished_at=click - timedelta(minutes=1))
    make_job(name="launched after the click")
    ended, rows = run_bulk("bulk_cancel", operator, filters="type=report", as_of=click.isoformat())
    assert [row["job"] for row in rows] == jobs
    assert {row["status_before"] for row in rows} == {"PENDING"}
    assert [(row["outcome"], row["detail"]) for row in rows] == [
        (outcome, detail) for _, outcome, detail in expected
    ]
    not_done = ended.result.pop("not_done")
    assert ended.result == {"cancelled": 2, "asked_to_stop": 1, "skipped": 3, "failed": 0}
    assert [one["reason"] for one in not_done] == [row["detail"] for row in rows if row["detail"]]


def test_the_report_of_a_bulk_job_counts_what_was_done_of_how_many():
    operator = people.operator()
    for _ in range(3):
        matched_before()
    matched_before(status=Status.COMPLETED, started_at=timezone.now())
    run_bulk("bulk_cancel", operator, filters="type=report", as_of=a_minute_ago().isoformat())
    said = Job.objects.get(type="bulk_cancel").progress_message
    assert said == "3 of 4 jobs cancelled; 1 had already completed."


def test_a_tab_means_the_status_at_the_click():
    operator = people.operator()
    started = matched_before(status=Status.PROCESSING)
    matched_before(status=Status.PROCESSING, started_at=timezone.now() - timedelta(minutes=5))
    _, rows = run_bulk(
        "bulk_cancel", operator, filters="status=PENDING", as_of=a_minute_ago().isoformat()
    )
    assert [(row["job"], row["outcome"]) for row in rows] == [(str(started.pk), "asked to stop")]


def test_failures_acknowledged_since_the_click_are_listed_under_the_filter_of_unseen_ones():
    operator = people.operator()
    ended = a_minute_ago() - timedelta(minutes=1)
    failed = [matched_before(status=Status.FAILED, finished_at=ended) for _ in range(3)]
    Job.objects.filter(pk=failed[0].pk).update(acknowledged_at=timezone.now())
    Job.objects.filter(pk=failed[1].pk).update(acknowledged_at=ended)
    _, rows = run_bulk(
        "bulk_acknowledge", operator, filters="unseen=on", as_of=a_minute_ago().isoformat()
    )
    assert [(row["job"], row["outcome"], row["detail"]) for row in rows] == [
        (str(failed[0].pk), "skipped", "had already been acknowledged"),
        (str(failed[2].pk), "acknowledged", ""),
    ]
