"""Bulk jobs: their effect, the jobs they reach, and the rights they need."""

from uuid import uuid4

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.utils import timezone

from jobs import parameters, registry, services
from jobs.errors import InvalidParams
from jobs.models import Job, Status
from jobs.services import bulk_types
from tests.support import people
from tests.support.factories import make_job, make_user
from tests.types.bulk_jobs import run_bulk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


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
    launched = Job.objects.filter(parent__type="bulk_rerun", status=Status.PENDING)
    assert {job.rerun_of_id for job in launched} == {job.pk for job in failed}


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
