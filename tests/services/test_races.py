"""Requests at the same moment: PostgreSQL decides, and each gets the true answer."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from jobs import lifecycle, services
from jobs.engine import broker
from jobs.errors import BrokerUnavailable, InvalidTransition, KeyReused
from jobs.models import Job, JobEvent, Status
from jobs.services import Launch
from tests.support import people
from tests.support.factories import make_job
from tests.support.people import caller_for

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls, times=1):
    """Run each call `times` times, in threads; returns results or classes of exceptions."""

    def outcome(call):
        try:
            return call()
        except Exception as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls) * times) as pool:
        return list(pool.map(outcome, calls * times))


def test_a_job_cancelled_before_its_failed_publish_is_withdrawn_stays_cancelled(
    caller, make_type, monkeypatch
):
    def cancel_and_fail(jobs):
        services.cancel(caller, jobs[0].id)
        raise BrokerUnavailable("no answer")

    monkeypatch.setattr(broker, "publish", cancel_and_fail)
    job = services.submit(caller, type=make_type().slug).job
    assert Job.objects.get().status == Status.CANCELLED
    assert list(job.events.values_list("to_status", flat=True)) == ["PENDING", "CANCELLED"]


@pytest.mark.parametrize("round", range(5))
def test_a_job_is_deleted_or_launched_again_or_both_and_nothing_points_nowhere(
    make_type, redis, round
):
    operator = caller_for(people.operator())
    job = make_job(type=make_type().slug, status=Status.FAILED, created_by=operator.user)
    deleted, again, seen = at_once(
        lambda: services.delete(operator, job.id),
        lambda: services.rerun(operator, job.id).job,
        lambda: services.acknowledge(operator, job.id),
    )
    assert deleted is None
    assert again is Job.DoesNotExist or Job.objects.get().id == again.id
    assert seen in (Job.DoesNotExist, InvalidTransition) or seen.id == job.id
    assert not Job.objects.filter(rerun_of=job.id).exists()
    assert not JobEvent.objects.filter(job=job.id).exists()


@pytest.mark.parametrize("round", range(5))
def test_one_key_used_at_once_for_a_batch_and_for_single_jobs_makes_one_of_the_two(
    caller, make_type, redis, round
):
    slug = make_type().slug
    found = at_once(
        lambda: services.submit(caller, type=slug, idempotency_key="k").job.id,
        lambda: (
            services.submit_batch(caller, [Launch(type=slug)] * 3, idempotency_key="k")
            .jobs[0]
            .batch_id
        ),
        times=5,
    )
    counts = Counter(found)
    assert counts.pop(KeyReused) == 5
    assert list(counts.values()) == [5], "the others all heard of the same one"
    assert Job.objects.count() in (1, 3)


@pytest.mark.parametrize("round", range(5))
def test_a_waiting_job_is_claimed_or_cancelled_or_asked_to_stop_and_given_up_never(
    caller, make_type, round
):
    job = make_job(type=make_type().slug, created_by=caller.user)
    outcome = lifecycle.failed("not_taken", "nobody took it")
    claimed, cancelled, given_up = at_once(
        lambda: lifecycle.claim(job.id, types=[job.type], worker="w", pid=1),
        lambda: services.cancel(caller, job.id),
        lambda: lifecycle.give_up(job.id, outcome, publishes=2, actor="upkeep"),
    )
    assert given_up is None, "it was published once, not twice"
    job.refresh_from_db()
    assert cancelled is not InvalidTransition
    if claimed:
        assert (job.status, cancelled.status) == (Status.PROCESSING, Status.PROCESSING)
        assert job.cancel_requested_at
    else:
        assert job.status == Status.CANCELLED
