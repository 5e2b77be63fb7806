"""Actions on many jobs as jobs: what they do, to which, with whose rights."""

import csv
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.core.files.storage import storages
from django.utils import timezone

from jobs import parameters, registry, services
from jobs.engine.worker.execution import execute
from jobs.errors import InvalidParams
from jobs.models import Job, Status
from jobs.services import bulk_types
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def run_bulk(type, user, of_job=None, **params):
    """The outcome of a bulk job, and the rows of its CSV."""
    stored = parameters.validate(registry.get(type), params)
    job = make_job(
        status=Status.PROCESSING,
        type=type,
        params=stored,
        created_by=user,
        created_by_name=user.username,
        source="admin",
        **of_job or {},
    )
    outcome = execute(job)
    files = list(job.files.all())
    if not files:
        return outcome, []
    with storages["jobs"].open(files[0].stored_name) as content:
        return outcome, list(csv.DictReader(StringIO(content.read().decode("utf-8-sig"))))


def test_the_active_ones_that_match_are_cancelled_and_the_csv_tells_of_each():
    operator = people.operator()
    waiting = make_job(name="report 1")
    running = make_job(name="report 2", status=Status.PROCESSING)
    make_job(name="report 3", status=Status.COMPLETED)
    other = make_job(name="other")
    outcome, rows = run_bulk("bulk_cancel", operator, filters="q=report", reason="Enough")
    assert outcome.result == {"cancelled": 1, "asked_to_stop": 1, "skipped": 0, "failed": 0}
    assert [(row["job"], row["outcome"], row["detail"]) for row in rows] == [
        (str(waiting.pk), "cancelled", ""),
        (str(running.pk), "asked to stop", ""),
    ]
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.status, other.status) == (Status.CANCELLED, Status.PENDING)
    assert waiting.events.get().actor == "olga"


def test_settled_jobs_are_launched_again_each_once(make_type):
    make_type(slug="again")
    operator = people.operator()
    failed = [make_job(type="again", status=Status.FAILED) for _ in range(3)]
    outcome, _ = run_bulk("bulk_rerun", operator, filters="type=again")
    assert outcome.result == {"launched": 3, "skipped": 0, "failed": 0}
    assert {job.rerun_of_id for job in Job.objects.filter(type="again", status=Status.PENDING)} == {
        job.pk for job in failed
    }


def test_failures_are_acknowledged_with_the_note_and_those_that_were_before_are_skipped():
    operator = people.operator()
    failed = make_job(status=Status.FAILED)
    before = make_job(
        status=Status.FAILED, acknowledged_at=timezone.now(), acknowledged_note="Seen"
    )
    make_job(status=Status.COMPLETED)
    outcome, rows = run_bulk(
        "bulk_acknowledge", operator, filters="type=report", reason="Known outage"
    )
    assert [outcome.result[name] for name in ("acknowledged", "skipped", "failed")] == [1, 1, 0]
    assert [(row["job"], row["outcome"]) for row in rows] == [
        (str(failed.pk), "acknowledged"),
        (str(before.pk), "skipped"),
    ]
    failed.refresh_from_db()
    before.refresh_from_db()
    assert (failed.acknowledged_by, failed.acknowledged_note) == ("olga", "Known outage")
    assert before.acknowledged_note == "Seen"


def test_settled_jobs_are_deleted_with_an_entry_for_each_in_the_log():
    operator = people.operator()
    gone = [make_job(status=Status.FAILED), make_job(status=Status.COMPLETED)]
    waiting = make_job()
    outcome, rows = run_bulk("bulk_delete", operator, filters="type=report")
    assert outcome.result == {"deleted": 2, "skipped": 0, "failed": 0}
    assert [row["job"] for row in rows] == [str(job.pk) for job in gone]
    assert list(Job.objects.filter(type="report")) == [waiting]
    assert {entry.object_id for entry in LogEntry.objects.filter(action_flag=DELETION)} == {
        str(job.pk) for job in gone
    }


def test_who_may_not_delete_any_more_deletes_nothing():
    demoted = make_user("jobs.add_job", "jobs.view_job")
    job = make_job(status=Status.FAILED)
    outcome, _ = run_bulk("bulk_delete", demoted, filters="type=report")
    assert outcome.status == Status.FAILED
    assert "jobs.delete_job" in outcome.error_message
    assert Job.objects.filter(pk=job.pk).exists()


@pytest.mark.parametrize("type", bulk_types())
def test_a_bulk_action_is_not_launched_again_among_many(type):
    operator = people.operator()
    make_job(type=type, status=Status.COMPLETED, created_by=operator)
    outcome, _ = run_bulk("bulk_rerun", operator, filters="mine=on&status=COMPLETED")
    assert outcome.result == {"launched": 0, "skipped": 0, "failed": 0}


def test_nothing_newer_than_meant_is_touched():
    operator = people.operator()
    meant, late = make_job(), make_job()
    run_bulk("bulk_cancel", operator, newest=str(meant.pk))
    late.refresh_from_db()
    assert late.status == Status.PENDING


def test_rights_are_those_that_the_launcher_has_when_it_runs():
    demoted = make_user("jobs.add_job", "jobs.view_job")
    make_job()
    outcome, rows = run_bulk("bulk_cancel", demoted, filters="type=report")
    reason = "You may cancel only your own jobs."
    assert outcome.result == {
        "cancelled": 0,
        "asked_to_stop": 0,
        "skipped": 1,
        "failed": 0,
        "not_done": [{"job": rows[0]["job"], "name": rows[0]["name"], "reason": reason}],
    }
    assert rows[0]["detail"] == reason


def test_a_deactivated_launcher_does_nothing():
    gone = make_user("jobs.add_job", "jobs.view_job", "jobs.cancel_job", is_active=False)
    waiting = make_job()
    outcome, _ = run_bulk("bulk_cancel", gone, filters="type=report")
    assert outcome.status == Status.FAILED
    waiting.refresh_from_db()
    assert waiting.status == Status.PENDING


@pytest.mark.parametrize("filters", ["bogus=1", "status=BOGUS", "created_after=99999-01-01"])
def test_filters_that_the_list_refuses_are_refused(filters):
    with pytest.raises(InvalidParams):
        parameters.validate(registry.get("bulk_cancel"), {"filters": filters})


@pytest.mark.parametrize(
    "params", [{}, {"filters": ""}, {"filters": "status=&q="}, {"filters": "mine=false"}]
)
@pytest.mark.parametrize("type", bulk_types())
def test_every_job_there_is_must_be_meant(type, params):
    with pytest.raises(InvalidParams, match="filters: Say which jobs"):
        parameters.validate(registry.get(type), params)
    newest = str(make_job().pk)
    assert parameters.validate(registry.get(type), params | {"newest": newest})["newest"] == newest


def a_minute_ago():
    return timezone.now() - timedelta(minutes=1)


def matched_before(**fields):
    """A job of ten minutes ago."""
    job = make_job(**fields)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=10))
    return job


def test_the_csv_lists_every_job_that_matched_at_the_click_and_why_some_were_not_cancelled():
    operator = people.operator()
    now, click = timezone.now(), a_minute_ago()
    ran = {"started_at": now, "finished_at": now}
    expected = [
        (matched_before(), "PENDING", "cancelled", ""),
        (
            matched_before(status=Status.COMPLETED, **ran),
            "PENDING",
            "skipped",
            "had already completed",
        ),
        (matched_before(status=Status.FAILED, **ran), "PENDING", "skipped", "had already failed"),
        (matched_before(status=Status.PROCESSING, started_at=now), "PENDING", "asked to stop", ""),
        (
            matched_before(status=Status.CANCELLED, finished_at=now, cancel_requested_by="ann"),
            "PENDING",
            "skipped",
            "had already been cancelled",
        ),
        (
            matched_before(
                status=Status.CANCELLED,
                finished_at=now,
                cancel_requested_by="olga",
                cancel_requested_at=now,
            ),
            "PENDING",
            "cancelled",
            "",
        ),
    ]
    matched_before(status=Status.COMPLETED, finished_at=click - timedelta(minutes=1))
    make_job(name="launched after the click")
    outcome, rows = run_bulk(
        "bulk_cancel", operator, filters="type=report", as_of=click.isoformat()
    )
    assert [
        tuple(row[name] for name in ("job", "status_before", "outcome", "detail")) for row in rows
    ] == [(str(job.pk), *others) for job, *others in expected]
    not_done = outcome.result.pop("not_done")
    assert outcome.result == {"cancelled": 2, "asked_to_stop": 1, "skipped": 3, "failed": 0}
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


def test_a_bulk_job_that_is_stopped_half_way_keeps_the_csv_of_what_it_did():
    operator = people.operator()
    for _ in range(150):
        make_job()
    stopping = {"cancel_requested_at": timezone.now(), "cancel_requested_by": "olga"}
    outcome, rows = run_bulk("bulk_cancel", operator, filters="type=report", of_job=stopping)
    assert outcome.status == Status.CANCELLED
    assert [row["outcome"] for row in rows] == ["cancelled"] * 100
    assert Job.objects.filter(type="report", status=Status.CANCELLED).count() == 100


def test_a_job_that_was_deleted_since_is_named_by_its_id():
    operator = people.operator()
    caller = services.Caller(user=operator, name="olga", source="admin")
    gone = uuid4()
    [row] = services.apply_action(services.CANCEL, caller, [gone], "", timezone.now())
    assert (row.job_id, row.outcome, row.detail) == (gone, "skipped", "had been deleted")
