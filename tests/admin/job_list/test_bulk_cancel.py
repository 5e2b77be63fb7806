"""Bulk cancel: waiting jobs in the request, running ones by a bulk job."""

import pytest
from django.contrib.admin.models import LogEntry
from django_celery_results.models import TaskResult

from jobs import lifecycle
from jobs.admin.job_list import bulk_actions
from jobs.models import Job, JobEvent, Status
from jobs.services import bulk as bulk_service
from tests.admin.job_list.bulk_steps import LIST, ask, cancel_all, csv_of, run, statuses, waiting
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def test_all_waiting_jobs_are_cancelled_within_the_request(operator, redis):
    jobs = waiting(130)
    page = cancel_all(operator, note="Wrong month").content.decode()
    assert statuses(jobs) == ["CANCELLED"] * 130
    assert "130 jobs cancelled." in page
    assert not Job.objects.filter(type="bulk_cancel").exists()
    events = JobEvent.objects.filter(to_status=Status.CANCELLED)
    assert set(events.values_list("actor", "reason")) == {("olga", "Wrong month")}
    assert events.count() == TaskResult.objects.filter(status="REVOKED").count() == 130
    assert LogEntry.objects.filter(user=operator.user).count() == 130


def test_a_bulk_job_stops_running_jobs_and_its_csv_lists_all_that_matched(operator, redis):
    running = [make_job(name=f"Runs {number}", status=Status.PROCESSING) for number in range(2)]
    jobs = waiting(128)
    page = cancel_all(operator, note="Enough").content.decode()
    assert statuses(jobs) == ["CANCELLED"] * 128
    assert "128 jobs cancelled. This bulk job does the others." in page
    own = Job.objects.get(type="bulk_cancel")
    outcome = run(own)
    assert outcome.result == {"cancelled": 128, "asked_to_stop": 2, "skipped": 0, "failed": 0}
    assert {row["job"] for row in csv_of(own)} == {str(job.pk) for job in [*jobs, *running]}
    for job in running:
        job.refresh_from_db()
        assert (job.cancel_requested_by, job.cancel_reason) == ("olga", "Enough")


@pytest.mark.parametrize("count", [3, 120], ids=["few", "more than a hundred"])
def test_jobs_that_end_before_the_confirmation_are_named_with_links(operator, redis, count):
    jobs = waiting(count)
    form = ask(operator)
    for job in jobs[:2]:
        attempt = lifecycle.claim(job.pk, types=["report"], worker="w", pid=1).attempt
        outcome = lifecycle.Outcome(status=Status.COMPLETED, result={})
        lifecycle.settle(job.pk, outcome, attempt=attempt, actor="w")
    page = operator.post(LIST, form, follow=True).content.decode()
    assert f"{count - 2} of {count} jobs cancelled; 2 had already completed (" in page
    for job in jobs[:2]:
        assert f'<a href="{LIST}{job.pk}/change/">{job.name}</a>' in page


@pytest.mark.parametrize("query", ["", "?status=PENDING"], ids=["all", "the tab Pending"])
@pytest.mark.parametrize("count", [3, 120], ids=["few", "more than a hundred"])
def test_a_job_that_starts_before_the_confirmation_is_asked_to_stop(operator, redis, count, query):
    jobs = waiting(count)
    form = ask(operator, query=query)
    lifecycle.claim(jobs[0].pk, types=["report"], worker="w", pid=1)
    operator.post(f"{LIST}{query}", form)
    for own in Job.objects.filter(type="bulk_cancel"):
        run(own)
    started = Job.objects.get(pk=jobs[0].pk)
    assert (started.status, started.cancel_requested_by) == ("PROCESSING", "olga")
    assert statuses(jobs[1:]) == ["CANCELLED"] * (count - 1)


def test_a_ticked_job_that_starts_before_the_confirmation_is_asked_to_stop(operator):
    jobs = waiting(3)
    form = ask(operator, *jobs[:2], query="?status=PENDING")
    lifecycle.claim(jobs[0].pk, types=["report"], worker="w", pid=1)
    page = operator.post(f"{LIST}?status=PENDING", form, follow=True).content.decode()
    assert "1 job cancelled; 1 asked to stop." in page
    assert Job.objects.get(pk=jobs[0].pk).cancel_requested_by == "olga"
    assert statuses(jobs[1:]) == ["CANCELLED", "PENDING"]


def test_users_who_may_cancel_only_their_own_jobs_cancel_no_others(client, redis):
    user = make_user("jobs.view_job", "jobs.add_job", is_staff=True)
    client = people.sign_in(client, user)
    own, others = waiting(120, created_by=client.user), waiting(5)
    cancel_all(client)
    assert (statuses(own), statuses(others)) == (["CANCELLED"] * 120, ["PENDING"] * 5)
    job = Job.objects.get(type="bulk_cancel")
    assert run(job).result["skipped"] == 5
    assert statuses(others) == ["PENDING"] * 5


def test_the_page_of_a_bulk_job_links_to_the_jobs_not_done(operator, redis, monkeypatch):
    monkeypatch.setattr(bulk_actions, "SLICES_SECONDS", 0.0)
    monkeypatch.setattr(bulk_service, "SLICE", 10)
    jobs = waiting(120)
    form = ask(operator)
    attempt = lifecycle.claim(jobs[3].pk, types=["report"], worker="w", pid=1).attempt
    outcome = lifecycle.Outcome(status=Status.COMPLETED, result={})
    lifecycle.settle(jobs[3].pk, outcome, attempt=attempt, actor="w")
    operator.post(LIST, form)
    own = Job.objects.get(type="bulk_cancel")
    ended = run(own)
    lifecycle.settle(own.pk, ended, attempt=1, actor="w")
    page = operator.get(f"{LIST}{own.pk}/change/").content.decode()
    assert "119 of 120 jobs cancelled; 1 had already completed." in page
    assert f'<a href="{LIST}{jobs[3].pk}/change/">{jobs[3].name}</a>' in page
