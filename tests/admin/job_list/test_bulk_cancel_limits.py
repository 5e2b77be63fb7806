"""Bulk cancel at its limits: no time, locked rows, PostgreSQL or Redis away."""

import pytest
from django.db import connection, connections, transaction

from jobs import lifecycle
from jobs.admin.job_list import bulk_actions
from jobs.models import Job, Status
from jobs.services import bulk as bulk_service
from tests.admin.job_list.bulk_steps import LIST, ask, cancel_all, run, statuses, waiting
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def test_a_bulk_job_cancels_what_the_request_has_no_time_for(operator, redis, monkeypatch):
    monkeypatch.setattr(bulk_actions, "SLICES_SECONDS", 0.0)
    monkeypatch.setattr(bulk_service, "SLICE", 50)
    jobs = waiting(120)
    page = cancel_all(operator).content.decode()
    assert "50 jobs cancelled. This bulk job does the others." in page
    assert statuses(jobs) == ["CANCELLED"] * 50 + ["PENDING"] * 70
    assert run(Job.objects.get(type="bulk_cancel")).result["cancelled"] == 120
    assert statuses(jobs) == ["CANCELLED"] * 120


def test_a_bulk_job_reports_very_many_jobs_that_have_ended_since(operator, redis, monkeypatch):
    monkeypatch.setattr(bulk_actions, "CHANGED_LIMIT", 4)
    jobs = waiting(120)
    form = ask(operator)
    for job in jobs[:5]:
        lifecycle.cancel_waiting(job.pk, actor="somebody else")
    page = operator.post(LIST, form, follow=True).content.decode()
    assert "115 jobs cancelled. This bulk job does the others." in page
    result = run(Job.objects.get(type="bulk_cancel")).result
    assert (result["cancelled"], result["skipped"]) == (115, 5)


def test_a_job_that_another_transaction_locks_does_not_delay_the_others(operator, redis):
    jobs = waiting(120)
    form = ask(operator)
    with transaction.atomic(using="worker"), connections["worker"].cursor() as cursor:
        cursor.execute("SELECT FROM jobs_job WHERE id = %s FOR UPDATE", [jobs[7].pk])
        operator.post(LIST, form)
    assert statuses(jobs) == ["CANCELLED"] * 119 + ["PENDING"]
    assert Job.objects.filter(type="bulk_cancel").exists()


def test_the_cancelled_jobs_are_counted_when_postgresql_goes_away_half_way(operator, monkeypatch):
    monkeypatch.setattr(bulk_service, "SLICE", 50)
    jobs = waiting(120)
    form = ask(operator)
    log_action = bulk_actions.log_action

    def log_and_lose_the_connection(*arguments):
        log_action(*arguments)
        with connections["worker"].cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(%s)", [connection.connection.get_backend_pid()]
            )

    monkeypatch.setattr(bulk_actions, "log_action", log_and_lose_the_connection)
    operator.raise_request_exception = False
    answer = operator.post(LIST, form)
    connection.close()
    assert answer.status_code == 503
    assert "50 jobs were cancelled" in answer.content.decode()
    assert statuses(jobs) == ["CANCELLED"] * 50 + ["PENDING"] * 70


def test_without_redis_waiting_jobs_are_cancelled_and_the_others_skipped(operator, broken_redis):
    broken_redis.set("maintenance", "no list")
    make_job(status=Status.PROCESSING)
    jobs = waiting(120)
    page = cancel_all(operator).content.decode()
    assert statuses(jobs) == ["CANCELLED"] * 120
    assert "120 jobs cancelled. The others were skipped: The queue does not answer" in page
