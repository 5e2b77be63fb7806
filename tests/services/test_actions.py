"""Cancelling, acknowledging and deleting: who may, and in which status."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from django_celery_results.models import TaskResult

from jobs import lifecycle, services
from jobs.errors import InvalidTransition, NotPermitted
from jobs.models import ACTIVE, Job, JobEvent, JobFile, Status
from jobs.services import ACKNOWLEDGE, CANCEL, DELETE, RERUN
from tests.support import people
from tests.support.factories import make_job, make_user
from tests.support.people import caller_for

pytestmark = pytest.mark.django_db


def test_cancelling_a_waiting_job_settles_it_with_actor_and_reason(caller):
    job = services.cancel(caller, make_job(created_by=caller.user).id, "not needed")
    assert job.status == Status.CANCELLED
    [event] = job.events.all()
    assert (event.actor, event.reason) == (caller.name, "not needed")
    assert (job.cancel_requested_by, job.cancel_reason) == (caller.name, "not needed")
    assert job.cancel_requested_at is not None
    assert job.task_result.status == "REVOKED"


def test_cancelling_a_running_job_asks_it_to_stop_and_keeps_the_first_request(caller):
    job = make_job(created_by=caller.user, status=Status.PROCESSING)
    first = services.cancel(caller, job.id, "one")
    second = services.cancel(caller, job.id, "two")
    assert (second.status, second.cancel_requested_by) == (Status.PROCESSING, caller.name)
    assert (second.cancel_reason, second.cancel_requested_at) == ("one", first.cancel_requested_at)
    assert (first.version, second.version) == (job.version + 1, job.version + 1)
    event = job.events.get()
    assert (event.from_status, event.to_status, event.attempt) == (
        "PROCESSING",
        "PROCESSING",
        job.attempt,
    )
    assert (event.at, event.actor, event.reason) == (first.cancel_requested_at, caller.name, "one")


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_a_job_to_stop_at_once_are_all_told_yes_and_one_is_noted(caller):
    job = make_job(created_by=caller.user, status=Status.PROCESSING)

    def ask(number: int) -> str:
        try:
            return services.cancel(caller, job.id, f"reason {number}").cancel_reason
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        reasons = set(pool.map(ask, range(20)))
    assert reasons == {job.events.get().reason}


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED])
def test_what_is_over_cannot_be_cancelled(caller, status):
    with pytest.raises(InvalidTransition):
        services.cancel(caller, make_job(created_by=caller.user, status=status).id)


def test_cancelling_twice_is_once(caller):
    job = make_job(created_by=caller.user)
    services.cancel(caller, job.id)
    assert services.cancel(caller, job.id).status == Status.CANCELLED
    assert job.events.count() == 1


def test_another_ones_job_is_not_there_or_not_to_be_cancelled(caller):
    job = make_job(created_by=make_user())
    with pytest.raises(Job.DoesNotExist):
        services.cancel(caller, job.id)
    with pytest.raises(NotPermitted):
        services.cancel(caller_for(people.viewer()), job.id)
    operator = caller_for(people.operator())
    assert services.cancel(operator, job.id).status == Status.CANCELLED


def test_acknowledging_marks_failed_jobs_once(caller):
    mine = make_job(created_by=caller.user, status=Status.FAILED)
    services.acknowledge(caller, mine.id, "known")
    with pytest.raises(InvalidTransition):
        services.acknowledge(caller, mine.id, "again")
    mine.refresh_from_db()
    assert (mine.acknowledged_by, mine.acknowledged_note) == (caller.name, "known")
    event = JobEvent.objects.get()
    assert (event.job, event.from_status, event.to_status) == (mine, "FAILED", "FAILED")
    assert (event.at, event.actor, event.reason) == (mine.acknowledged_at, caller.name, "known")


def test_only_failures_of_ones_own_are_acknowledged_without_a_right_to_more(caller):
    with pytest.raises(InvalidTransition):
        services.acknowledge(caller, make_job(created_by=caller.user, status=Status.COMPLETED).id)
    others = make_job(status=Status.FAILED)
    with pytest.raises(Job.DoesNotExist):
        services.acknowledge(caller, others.id)
    with pytest.raises(NotPermitted):
        services.acknowledge(caller_for(people.viewer()), others.id)
    assert not JobEvent.objects.exists()


def test_acknowledging_and_asking_to_stop_are_one_statement_each(caller, django_assert_num_queries):
    failed = make_job(created_by=caller.user, status=Status.FAILED)
    running = make_job(created_by=caller.user, status=Status.PROCESSING)
    with django_assert_num_queries(1):
        lifecycle.mark_acknowledged(Job.objects.filter(created_by=caller.user), actor="me")
    with django_assert_num_queries(1):
        lifecycle.request_cancel(running.id, actor="me")
    assert [job.events.count() for job in (failed, running)] == [1, 1]


def test_deleting_takes_everything_that_belongs_to_the_job():
    operator = caller_for(people.operator())
    job = make_job()
    again = make_job(rerun_of=job)
    lifecycle.cancel_waiting(job.id, actor="me")
    stored = storages["jobs"].save("deleted/with-its-job", ContentFile(b"bytes"))
    JobFile.objects.create(
        job=job,
        attempt=1,
        name="f",
        content_type="text/plain",
        size=5,
        sha256="",
        stored_name=stored,
    )
    services.delete(operator, job.id)
    assert list(Job.objects.all()) == [again]
    assert Job.objects.get().rerun_of_id is None
    assert not TaskResult.objects.exists()
    assert not storages["jobs"].exists(stored)
    assert LogEntry.objects.get().object_id == str(job.id)


def test_deleting_asks_for_a_permission_and_a_settled_job_without_a_fresh_key(caller):
    operator = caller_for(people.operator())
    done = make_job(created_by=caller.user, status=Status.COMPLETED)
    with pytest.raises(NotPermitted):
        services.delete(caller, done.id)
    keyed = make_job(status=Status.COMPLETED, idempotency_key="k")
    for job in [make_job(status=status) for status in ACTIVE] + [keyed]:
        with pytest.raises(InvalidTransition):
            services.delete(operator, job.id)
    Job.objects.filter(id=keyed.id).update(created_at=timezone.now() - timedelta(hours=25))
    services.delete(operator, keyed.id)


@pytest.mark.parametrize("status", Status)
def test_what_is_offered_is_what_may_happen_next(status, make_type):
    kind = make_type()
    operator = people.operator()
    offered = services.possible_actions(operator, make_job(status=status, type=kind.slug))
    expected = [CANCEL] if status in ACTIVE else [RERUN, DELETE]
    expected += [ACKNOWLEDGE] if status == Status.FAILED else []
    assert {one.name for one in offered} == {one.name for one in expected}
    assert services.possible_actions(make_user(), make_job(status=status, type=kind.slug)) == []
