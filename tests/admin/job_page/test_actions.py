"""What staff do to one job from its page."""

import re

import pytest
from django.contrib.admin.models import DELETION, LogEntry

from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)


def do(client, job, verb, **entries):
    return client.post(f"/admin/jobs/job/{job.pk}/{verb}/", entries)


def said():
    return list(LogEntry.objects.values_list("change_message", flat=True))


def test_a_waiting_job_is_cancelled_with_the_reason_given(operator):
    job = make_job()
    response = do(operator, job, "cancel", note="Wrong month")
    assert response.headers["Location"] == f"/admin/jobs/job/{job.pk}/change/"
    job.refresh_from_db()
    assert job.status == Status.CANCELLED
    event = job.events.get()
    assert (event.actor, event.reason) == ("olga", "Wrong month")
    assert said() == ["Cancelled."]


@pytest.mark.parametrize("status", [Status.PENDING, Status.PROCESSING])
def test_the_page_and_the_list_say_who_cancelled_a_job_and_why(operator, status):
    job = make_job(status=status)
    do(operator, job, "cancel", note="Wrong month")
    page = operator.get(f"/admin/jobs/job/{job.pk}/change/")
    lead = re.search(r'<p class="lead">([^<]*)', page.content.decode())[1]
    row = re.search(
        r'class="badge"[^>]* title="([^"]*)"', operator.get("/admin/jobs/job/").content.decode()
    )
    for said in (lead, row[1]):
        assert "by olga" in said
        assert said.endswith(": Wrong month")


def test_the_page_and_the_list_say_who_acknowledged_a_failure(operator):
    job = make_job(status=Status.FAILED)
    do(operator, job, "acknowledge", note="Known outage")
    for address in (f"/admin/jobs/job/{job.pk}/change/", "/admin/jobs/job/"):
        page = operator.get(address).content.decode()
        assert re.search(r"Acknowledged by olga at [^<>]*: Known outage", page), address


def test_a_running_job_is_asked_to_stop(operator):
    job = make_job(status=Status.PROCESSING)
    do(operator, job, "cancel")
    job.refresh_from_db()
    assert (job.status, job.cancel_requested_by) == (Status.PROCESSING, "olga")
    assert said() == ["Asked to stop."]


def test_what_is_over_is_not_cancelled_and_the_page_says_why(operator):
    job = make_job(status=Status.COMPLETED)
    page = operator.post(f"/admin/jobs/job/{job.pk}/cancel/", follow=True)
    assert b"cannot be cancelled" in page.content
    assert said() == []


def test_a_settled_job_is_launched_again_as_a_new_one(operator, make_type):
    make_type(slug="again")
    job = make_job(type="again", status=Status.FAILED)
    response = do(operator, job, "rerun")
    new = Job.objects.get(rerun_of=job)
    assert response.headers["Location"] == f"/admin/jobs/job/{new.pk}/change/"
    assert (new.status, new.created_by_name) == (Status.PENDING, "olga")
    assert said() == [f"Launched again, from {job.pk}."]


def test_without_the_broker_nothing_is_launched_again(operator, make_type, broken_redis):
    make_type(slug="again")
    job = make_job(type="again", status=Status.FAILED)
    page = operator.post(f"/admin/jobs/job/{job.pk}/rerun/", follow=True)
    assert b"The queue does not answer" in page.content
    assert Job.objects.count() == 1
    assert said() == []


def test_a_note_that_postgresql_refuses_is_kept_without_what_it_refuses(operator):
    job = make_job(status=Status.FAILED)
    assert do(operator, job, "acknowledge", note="No\x00tes").status_code == 302
    job.refresh_from_db()
    assert job.acknowledged_note == "No\ufffdtes"
    assert said() == ["Acknowledged. No\ufffdtes"]


def test_a_failure_is_acknowledged_with_a_note(operator):
    job = make_job(status=Status.FAILED)
    do(operator, job, "acknowledge", note="Known outage")
    job.refresh_from_db()
    assert (job.acknowledged_by, job.acknowledged_note) == ("olga", "Known outage")
    assert said() == ["Acknowledged. Known outage"]


def test_deleting_asks_first_and_then_leads_to_the_list(operator):
    job = make_job(status=Status.COMPLETED)
    assert b"cannot be undone" in operator.get(f"/admin/jobs/job/{job.pk}/delete/").content
    assert Job.objects.exists()
    response = do(operator, job, "delete")
    assert response.headers["Location"] == "/admin/jobs/job/"
    assert not Job.objects.exists()
    assert LogEntry.objects.get().action_flag == DELETION


def test_an_active_job_is_not_deleted(operator):
    job = make_job()
    assert b"Cancel it first" in operator.get(f"/admin/jobs/job/{job.pk}/delete/").content
    do(operator, job, "delete")
    assert Job.objects.exists()


@pytest.mark.parametrize("verb", ["cancel", "rerun", "acknowledge"])
def test_deeds_are_posts(operator, verb):
    assert operator.get(f"/admin/jobs/job/{make_job().pk}/{verb}/").status_code == 405


@pytest.mark.parametrize("verb", ["cancel", "rerun", "acknowledge", "delete"])
def test_those_who_may_only_look_change_nothing(client, verb, make_type):
    make_type(slug="again")
    client.force_login(people.viewer())
    job = make_job(type="again", status=Status.PENDING if verb == "cancel" else Status.FAILED)
    assert do(client, job, verb).status_code == 403
    job.refresh_from_db()
    assert job.acknowledged_at is None
    assert Job.objects.count() == 1
    page = client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()
    assert f"/{verb}/" not in page, "what may not be done is not offered"
