"""Cancelling more than a page of jobs: what waits is cancelled in the request, a job of its own reaches the others."""

import csv
import html
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import storages
from django.db import connection, connections, transaction
from django.utils import timezone
from django_celery_results.models import TaskResult

from jobs import lifecycle, services
from jobs.admin.job_list import bulk_actions
from jobs.engine.worker.execution import execute
from jobs.models import Job, JobEvent, Status
from jobs.services import bulk as bulk_service
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"


def waiting(count, **fields):
    """`count` jobs that wait."""
    return Job.objects.bulk_create(
        Job(name=f"Job {number}", type="report", **fields) for number in range(count)
    )


def form_of(question):
    """What the form of the question sends."""
    panel = question.content.decode().split('class="panel narrow"')[1]
    sent = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', panel):
        sent.setdefault(name, []).append(html.unescape(value))
    return sent


def ask(client, *ticked, query=""):
    """The form that asks before all that match, or the ticked jobs, are cancelled."""
    sent = {
        "action": "cancel",
        "_selected_action": [str(job.pk) for job in ticked or Job.objects.all()[:1]],
    }
    sent["select_across"] = int(not ticked)
    return form_of(client.post(f"{LIST}{query}", sent))


def cancel_all(client, query="", **more):
    return client.post(f"{LIST}{query}", ask(client, query=query) | more, follow=True)


def statuses(jobs):
    return sorted(
        Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("status", flat=True)
    )


def csv_of(job):
    with storages["jobs"].open(job.files.get().stored_name) as content:
        return list(csv.DictReader(StringIO(content.read().decode("utf-8-sig"))))


def run(job):
    """Run the bulk job as a worker would."""
    lifecycle.claim(job.pk, types=[job.type], worker="w", pid=1)
    return execute(Job.objects.get(pk=job.pk))


def test_all_that_wait_are_cancelled_when_the_request_is_answered(operator, redis):
    jobs = waiting(130)
    page = cancel_all(operator, note="Wrong month").content.decode()
    assert statuses(jobs) == ["CANCELLED"] * 130
    assert "130 jobs cancelled." in page
    assert not Job.objects.filter(type="bulk_cancel").exists()
    events = JobEvent.objects.filter(to_status=Status.CANCELLED)
    assert set(events.values_list("actor", "reason")) == {("olga", "Wrong month")}
    assert events.count() == TaskResult.objects.filter(status="REVOKED").count() == 130
    assert LogEntry.objects.filter(user=operator.user).count() == 130


def test_a_job_reaches_those_that_run_and_its_csv_lists_all_that_matched(operator, redis):
    running = [make_job(name=f"Runs {number}", status=Status.PROCESSING) for number in range(2)]
    jobs = waiting(128)
    page = cancel_all(operator, note="Enough").content.decode()
    assert statuses(jobs) == ["CANCELLED"] * 128
    assert "128 jobs cancelled. This job does the others." in page
    own = Job.objects.get(type="bulk_cancel")
    outcome = run(own)
    assert outcome.result == {"cancelled": 128, "asked_to_stop": 2, "skipped": 0, "failed": 0}
    assert {row["job"] for row in csv_of(own)} == {str(job.pk) for job in [*jobs, *running]}
    for job in running:
        job.refresh_from_db()
        assert (job.cancel_requested_by, job.cancel_reason) == ("olga", "Enough")


@pytest.mark.parametrize("count", [3, 120], ids=["few", "more than a hundred"])
def test_jobs_that_end_between_question_and_click_are_named_with_links(operator, redis, count):
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
def test_a_job_that_starts_between_question_and_click_is_asked_to_stop(
    operator, redis, count, query
):
    jobs = waiting(count)
    form = ask(operator, query=query)
    lifecycle.claim(jobs[0].pk, types=["report"], worker="w", pid=1)
    operator.post(f"{LIST}{query}", form)
    for own in Job.objects.filter(type="bulk_cancel"):
        run(own)
    started = Job.objects.get(pk=jobs[0].pk)
    assert (started.status, started.cancel_requested_by) == ("PROCESSING", "olga")
    assert statuses(jobs[1:]) == ["CANCELLED"] * (count - 1)


def test_a_ticked_job_that_starts_between_question_and_click_is_asked_to_stop(operator):
    jobs = waiting(3)
    form = ask(operator, *jobs[:2], query="?status=PENDING")
    lifecycle.claim(jobs[0].pk, types=["report"], worker="w", pid=1)
    page = operator.post(f"{LIST}?status=PENDING", form, follow=True).content.decode()
    assert "1 job cancelled; 1 asked to stop." in page
    assert Job.objects.get(pk=jobs[0].pk).cancel_requested_by == "olga"
    assert statuses(jobs[1:]) == ["CANCELLED", "PENDING"]


def test_who_may_cancel_their_own_jobs_only_cancels_no_others(client, redis):
    user = make_user("jobs.view_job", "jobs.add_job", is_staff=True)
    client = people.sign_in(client, user)
    own, others = waiting(120, created_by=client.user), waiting(5)
    cancel_all(client)
    assert (statuses(own), statuses(others)) == (["CANCELLED"] * 120, ["PENDING"] * 5)
    job = Job.objects.get(type="bulk_cancel")
    assert run(job).result["skipped"] == 5
    assert statuses(others) == ["PENDING"] * 5


def test_what_is_left_when_the_time_of_the_request_is_over_becomes_the_job(
    operator, redis, monkeypatch
):
    monkeypatch.setattr(bulk_actions, "CANCEL_SECONDS", 0.0)
    monkeypatch.setattr(bulk_service, "SLICE", 50)
    jobs = waiting(120)
    page = cancel_all(operator).content.decode()
    assert "50 jobs cancelled. This job does the others." in page
    assert statuses(jobs) == ["CANCELLED"] * 50 + ["PENDING"] * 70
    assert run(Job.objects.get(type="bulk_cancel")).result["cancelled"] == 120
    assert statuses(jobs) == ["CANCELLED"] * 120


def test_very_many_jobs_that_have_ended_since_the_question_are_reported_by_a_job(
    operator, redis, monkeypatch
):
    monkeypatch.setattr(bulk_actions, "CHANGED_LIMIT", 4)
    jobs = waiting(120)
    form = ask(operator)
    for job in jobs[:5]:
        lifecycle.cancel_waiting(job.pk, actor="somebody else")
    page = operator.post(LIST, form, follow=True).content.decode()
    assert "115 jobs cancelled. This job does the others." in page
    result = run(Job.objects.get(type="bulk_cancel")).result
    assert (result["cancelled"], result["skipped"]) == (115, 5)


def test_a_job_that_another_transaction_holds_does_not_hold_up_the_others(operator, redis):
    jobs = waiting(120)
    form = ask(operator)
    with transaction.atomic(using="worker"), connections["worker"].cursor() as cursor:
        cursor.execute("SELECT FROM jobs_job WHERE id = %s FOR UPDATE", [jobs[7].pk])
        operator.post(LIST, form)
    assert statuses(jobs) == ["CANCELLED"] * 119 + ["PENDING"]
    assert Job.objects.filter(type="bulk_cancel").exists()


def test_what_was_done_is_said_when_postgresql_goes_away_half_way(operator, monkeypatch):
    monkeypatch.setattr(bulk_service, "SLICE", 50)
    jobs = waiting(120)
    form = ask(operator)
    noted = bulk_actions.audit.action

    def note_and_lose_the_connection(*arguments):
        noted(*arguments)
        with connections["worker"].cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(%s)", [connection.connection.get_backend_pid()]
            )

    monkeypatch.setattr(bulk_actions.audit, "action", note_and_lose_the_connection)
    operator.raise_request_exception = False
    answer = operator.post(LIST, form)
    connection.close()
    assert answer.status_code == 503
    assert "50 jobs were cancelled" in answer.content.decode()
    assert statuses(jobs) == ["CANCELLED"] * 50 + ["PENDING"] * 70


def test_without_redis_the_waiting_ones_are_cancelled_and_the_others_are_said_to_be_left(
    operator, broken_redis
):
    broken_redis.set("maintenance", "no list")
    make_job(status=Status.PROCESSING)
    jobs = waiting(120)
    page = cancel_all(operator).content.decode()
    assert statuses(jobs) == ["CANCELLED"] * 120
    assert "120 jobs cancelled. The others were left alone: The queue does not answer" in page


def test_a_question_of_hours_ago_is_asked_again(operator):
    jobs = waiting(3)
    form = ask(operator) | {"as_of": (timezone.now() - timedelta(hours=2)).isoformat()}
    page = operator.post(LIST, form).content.decode()
    assert "Cancel 3 jobs?" in page
    assert statuses(jobs) == ["PENDING"] * 3


def test_the_question_names_ten_thousand_and_one_jobs_exactly(operator):
    waiting(10_001)
    assert (
        "Cancel 10,001 jobs?"
        in operator.post(LIST, ask(operator) | {"confirmed": ""}).content.decode()
    )


def test_the_question_says_what_is_done_to_jobs_that_run(operator):
    waiting(12)
    make_job(status=Status.PROCESSING)
    sent = {"action": "cancel", "_selected_action": [str(make_job().pk)], "select_across": 1}
    page = " ".join(operator.post(LIST, sent).content.decode().split())
    assert '<strong>13</strong> <span class="quiet">will be cancelled</span>' in page
    assert '<strong>1</strong> <span class="quiet">will be asked to stop</span>' in page
    assert "and 4 more" in page


@pytest.mark.parametrize("action", services.ACTIONS, ids=lambda action: action.name)
def test_jobs_that_cannot_be_counted_in_time_are_left_alone(admin_client, action, monkeypatch):
    monkeypatch.setattr(bulk_actions.stats, "counts_in_time", lambda *arguments: None)
    sent = {"action": action.name, "_selected_action": [str(make_job().pk)], "select_across": 1}
    page = admin_client.post(LIST, sent).content.decode()
    assert "could not be counted within 5 seconds" in page
    assert 'type="submit" class="button' not in page.split('class="panel narrow"')[1]


def test_the_page_of_a_bulk_job_links_to_the_jobs_that_it_left_out(operator, redis, monkeypatch):
    monkeypatch.setattr(bulk_actions, "CANCEL_SECONDS", 0.0)
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
