"""Bulk actions of the job list."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils.dateparse import parse_datetime

from jobs.admin.job_list import bulk_actions, confirmation
from jobs.models import Job, Status
from jobs.services import ACTIONS
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/jobs/job/"


def choose(client, action, jobs=(), *, query="", across=False, **more):
    entries = {"action": action, "_selected_action": [str(job.pk) for job in jobs], "index": 0}
    return client.post(f"{LIST}{query}", entries | {"select_across": int(across)} | more)


def limit_requests_to(jobs, monkeypatch):
    """Make a bulk job of every action on more than so many jobs."""
    for module in (bulk_actions, confirmation):
        monkeypatch.setattr(module, "REQUEST_LIMIT", jobs)


def statuses():
    return sorted(Job.objects.values_list("status", flat=True))


def test_an_action_shows_the_counts_on_a_confirmation_page_first(operator):
    jobs = [make_job(name="First in line"), make_job(status=Status.COMPLETED)]
    page = choose(operator, "cancel", jobs).content.decode()
    assert "Cancel 1 job?" in page
    assert "First in line" in page
    assert "will be skipped" in page
    assert statuses() == ["COMPLETED", "PENDING"]


def test_a_confirmed_action_skips_jobs_in_other_statuses_and_reports_them(operator):
    jobs = [make_job(), make_job(), make_job(status=Status.COMPLETED)]
    page = operator.post(
        LIST,
        {
            "action": "cancel",
            "_selected_action": [str(job.pk) for job in jobs],
            "confirmed": "yes",
            "note": "Not today",
        },
        follow=True,
    ).content.decode()
    assert "2 jobs cancelled." in page
    assert "1 job skipped" in page
    assert statuses() == ["CANCELLED", "CANCELLED", "COMPLETED"]
    assert LogEntry.objects.count() == 2


def test_an_action_from_a_page_that_the_list_no_longer_has_acts_all_the_same(operator):
    job = make_job()
    choose(operator, "cancel", [job], query="?p=7", confirmed="yes")
    assert statuses() == ["CANCELLED"]


@pytest.mark.parametrize("action", ["acknowledge", "delete"])
def test_no_action_reaches_a_user_who_may_not_see_the_list(client, action):
    user = make_user("jobs.cancel_job", "jobs.delete_job", is_staff=True)
    job = make_job(created_by=user, status=Status.FAILED)
    people.sign_in(client, user)
    assert client.get(LIST).status_code == 403
    assert choose(client, action, [job]).status_code == 403
    assert choose(client, action, [job], confirmed="yes").status_code == 403
    assert client.get(f"{LIST}?q={job.pk}").status_code == 403


def test_all_that_match_excludes_jobs_newer_than_the_confirmation_page(operator):
    old = make_job(name="report 1")
    other = make_job(name="other")
    question = choose(operator, "cancel", [old], query="?q=report", across=True)
    newest = question.context["newest"]
    late = make_job(name="report 2")
    choose(
        operator, "cancel", [old], query="?q=report", across=True, confirmed="yes", newest=newest
    )
    for job, status in ((old, "CANCELLED"), (other, "PENDING"), (late, "PENDING")):
        job.refresh_from_db()
        assert job.status == status


def test_an_action_under_an_invalid_filter_changes_no_job(operator):
    job = make_job()
    choose(operator, "cancel", [job], query="?bogus=1", across=True, confirmed="yes")
    assert statuses() == ["PENDING"]


def test_an_action_on_more_than_a_hundred_jobs_becomes_a_bulk_job(operator, monkeypatch):
    limit_requests_to(2, monkeypatch)
    jobs = [make_job(name=f"report {number}", status=Status.FAILED) for number in range(3)]
    question = choose(operator, "acknowledge", jobs, query="?q=report", across=True)
    assert b"a bulk job is launched" in question.content
    sent = {name: question.context[name] for name in ("newest", "as_of")} | {"note": "Known"}
    choose(operator, "acknowledge", jobs, query="?q=report", across=True, confirmed="yes", **sent)
    own = Job.objects.get(type="bulk_acknowledge")
    as_of = own.params.pop("as_of")
    assert parse_datetime(as_of) == parse_datetime(sent["as_of"])
    assert own.params == {"filters": "q=report", "newest": str(jobs[-1].pk), "reason": "Known"}
    assert own.queue == "maintenance"
    assert statuses() == ["FAILED"] * 3 + ["PENDING"]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_each_action_on_many_jobs_becomes_a_bulk_job(operator, monkeypatch, action):
    limit_requests_to(2, monkeypatch)
    status = Status.FAILED if Status.FAILED in action.statuses else Status.PROCESSING
    jobs = [make_job(status=status) for _ in range(3)]
    before = statuses()
    newest = choose(operator, action.name, jobs, across=True).context["newest"]
    choose(operator, action.name, jobs, across=True, confirmed="yes", newest=newest)
    assert Job.objects.get(status=Status.PENDING, created_by_name="olga").type == action.job_type
    assert statuses() == sorted([*before, "PENDING"])


def test_more_ticked_jobs_than_a_page_has_are_refused(operator, monkeypatch):
    limit_requests_to(2, monkeypatch)
    jobs = [make_job(status=Status.FAILED) for _ in range(4)]
    choose(operator, "delete", jobs[:3], confirmed="yes")
    assert b"Select at most 2 jobs" in operator.get(LIST).content
    assert statuses() == ["FAILED"] * 4


def test_all_jobs_of_an_unfiltered_list_are_those_up_to_the_newest_one_shown(operator, monkeypatch):
    limit_requests_to(2, monkeypatch)
    jobs = [make_job(status=Status.FAILED) for _ in range(3)]
    newest = choose(operator, "delete", jobs, across=True).context["newest"]
    choose(operator, "delete", jobs, across=True, confirmed="yes", newest=newest)
    own = Job.objects.get(type="bulk_delete")
    assert (own.params["filters"], own.params["newest"]) == ("", str(jobs[-1].pk))


def test_jobs_are_launched_again_from_the_list(operator, make_type):
    make_type(slug="again")
    job = make_job(type="again", status=Status.FAILED)
    choose(operator, "rerun", [job], confirmed="yes")
    assert Job.objects.get(rerun_of=job).created_by_name == "olga"


def test_failures_are_acknowledged_from_the_list(operator):
    job = make_job(status=Status.FAILED)
    choose(operator, "acknowledge", [job], confirmed="yes", note="Known")
    job.refresh_from_db()
    assert job.acknowledged_note == "Known"


def test_a_refused_acknowledgement_is_reported_as_not_acknowledged(client):
    client.force_login(make_user("jobs.view_job", "jobs.add_job", username="ann", is_staff=True))
    job = make_job(status=Status.FAILED)
    choose(client, "acknowledge", [job], confirmed="yes")
    page = client.get(LIST).content.decode()
    assert (
        "No job acknowledged; 1 not acknowledged: You may acknowledge only your own jobs (" in page
    )
    assert "1 job acknowledged" not in page
    assert not LogEntry.objects.exists()


def test_settled_jobs_are_deleted_from_the_list(operator):
    choose(operator, "delete", [make_job(status=Status.FAILED), make_job()], confirmed="yes")
    assert statuses() == ["PENDING"]


@pytest.mark.parametrize("action", [action.name for action in ACTIONS])
def test_viewers_are_refused_every_action(client, action):
    client.force_login(people.viewer())
    job = make_job()
    assert choose(client, action, [job], confirmed="yes").status_code == 403
    assert statuses() == ["PENDING"]
    assert b'name="action"' not in client.get(LIST).content


@pytest.mark.parametrize("ticked", ["x", "", "\x00", "9" * 5000])
def test_a_ticked_value_that_is_not_an_id_is_a_bad_request(operator, ticked):
    job = make_job()
    entries = {
        "action": "cancel",
        "_selected_action": [str(job.pk), ticked],
        "index": 0,
        "confirmed": "yes",
    }
    assert operator.post(LIST, entries).status_code == 400
    assert statuses() == ["PENDING"]
