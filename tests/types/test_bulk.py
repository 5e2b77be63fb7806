"""Actions on many jobs as jobs: what they do, to which, with whose rights."""

import csv
from io import StringIO

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.core.files.storage import storages
from django.utils import timezone

from jobs import parameters, registry
from jobs.engine.tasks import execute
from jobs.models import Job, Status
from jobs.types.bulk import BULK
from tests.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "lifecycle"])


def run_bulk(type, user, **params):
    """The outcome of a bulk job, and the rows of its CSV."""
    stored = parameters.validate(registry.get(type), params)
    job = make_job(
        status=Status.PROCESSING,
        type=type,
        params=stored,
        created_by=user,
        created_by_name=user.username,
        source="admin",
    )
    outcome = execute(job)
    files = list(job.files.all())
    if not files:
        return outcome, []
    with storages["jobs"].open(files[0].stored_name) as content:
        return outcome, list(csv.DictReader(StringIO(content.read().decode("utf-8-sig"))))


def test_the_active_ones_that_match_are_cancelled_and_the_csv_tells_of_each():
    boss = make_user("jobs.add_job", "jobs.view_job", "jobs.cancel_job", username="boss")
    waiting = make_job(name="report 1")
    running = make_job(name="report 2", status=Status.PROCESSING)
    make_job(name="report 3", status=Status.COMPLETED)
    other = make_job(name="other")
    outcome, rows = run_bulk("bulk_cancel", boss, filters="q=report", reason="Enough")
    assert outcome.result == {"cancelled": 2, "skipped": 0, "failed": 0}
    assert [(row["job"], row["outcome"], row["detail"]) for row in rows] == [
        (str(waiting.pk), "cancelled", ""),
        (str(running.pk), "cancelled", "asked to stop"),
    ]
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.status, other.status) == (Status.CANCELLED, Status.PENDING)
    assert waiting.events.get().actor == "boss"


def test_settled_jobs_are_launched_again_each_once(make_type):
    make_type(slug="again")
    boss = make_user("jobs.add_job", "jobs.view_job", username="boss")
    failed = [make_job(type="again", status=Status.FAILED) for _ in range(3)]
    outcome, _ = run_bulk("bulk_rerun", boss, filters="type=again")
    assert outcome.result == {"launched": 3, "skipped": 0, "failed": 0}
    assert {job.rerun_of_id for job in Job.objects.filter(type="again", status=Status.PENDING)} == {
        job.pk for job in failed
    }


def test_failures_are_acknowledged_with_the_note_and_those_that_were_before_are_skipped():
    boss = make_user("jobs.add_job", "jobs.view_job", "jobs.cancel_job", username="boss")
    failed = make_job(status=Status.FAILED)
    before = make_job(status=Status.FAILED, acknowledged_at=timezone.now(), acknowledged_note="Seen")
    make_job(status=Status.COMPLETED)
    outcome, rows = run_bulk("bulk_acknowledge", boss, filters="type=report", reason="Known outage")
    assert outcome.result == {"acknowledged": 1, "skipped": 1, "failed": 0}
    assert [(row["job"], row["outcome"]) for row in rows] == [
        (str(failed.pk), "acknowledged"),
        (str(before.pk), "skipped"),
    ]
    failed.refresh_from_db()
    before.refresh_from_db()
    assert (failed.acknowledged_by, failed.acknowledged_note) == ("boss", "Known outage")
    assert before.acknowledged_note == "Seen"


def test_settled_jobs_are_deleted_with_an_entry_for_each_in_the_log():
    boss = make_user("jobs.add_job", "jobs.view_job", "jobs.delete_job")
    gone = [make_job(status=Status.FAILED), make_job(status=Status.COMPLETED)]
    waiting = make_job()
    outcome, rows = run_bulk("bulk_delete", boss, filters="type=report")
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


@pytest.mark.parametrize("type", BULK)
def test_a_bulk_action_is_not_launched_again_among_many(type):
    boss = make_user("jobs.add_job", "jobs.view_job")
    make_job(type=type, status=Status.COMPLETED, created_by=boss)
    outcome, _ = run_bulk("bulk_rerun", boss, filters="mine=on&status=COMPLETED")
    assert outcome.result == {"launched": 0, "skipped": 0, "failed": 0}


def test_nothing_newer_than_meant_is_touched():
    boss = make_user("jobs.add_job", "jobs.view_job", "jobs.cancel_job")
    meant, late = make_job(), make_job()
    run_bulk("bulk_cancel", boss, newest=str(meant.pk))
    late.refresh_from_db()
    assert late.status == Status.PENDING


def test_rights_are_those_that_the_launcher_has_when_it_runs():
    demoted = make_user("jobs.add_job", "jobs.view_job")
    make_job()
    outcome, rows = run_bulk("bulk_cancel", demoted, filters="type=report")
    assert outcome.result == {"cancelled": 0, "skipped": 1, "failed": 0}
    assert rows[0]["detail"] == "You may cancel only your own jobs."


def test_a_deactivated_launcher_does_nothing():
    gone = make_user("jobs.add_job", "jobs.view_job", "jobs.cancel_job", is_active=False)
    waiting = make_job()
    outcome, _ = run_bulk("bulk_cancel", gone, filters="type=report")
    assert outcome.status == Status.FAILED
    waiting.refresh_from_db()
    assert waiting.status == Status.PENDING


@pytest.mark.parametrize("filters", ["bogus=1", "status=BOGUS", "created_after=99999-01-01"])
def test_filters_that_the_list_refuses_are_refused(filters):
    with pytest.raises(parameters.InvalidParams):
        parameters.validate(registry.get("bulk_cancel"), {"filters": filters})


@pytest.mark.parametrize(
    "params", [{}, {"filters": ""}, {"filters": "status=&q="}, {"filters": "mine=false"}]
)
@pytest.mark.parametrize("type", BULK)
def test_every_job_there_is_must_be_meant(type, params):
    with pytest.raises(parameters.InvalidParams, match="filters: Say which jobs"):
        parameters.validate(registry.get(type), params)
    newest = str(make_job().pk)
    assert parameters.validate(registry.get(type), params | {"newest": newest})["newest"] == newest
