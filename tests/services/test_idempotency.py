"""A submission under an Idempotency-Key that came before finds the job it made."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from jobs import lifecycle, services
from jobs.errors import BrokerUnavailable, KeyReused, OutcomeUnknown
from jobs.models import Job
from jobs.services import Launch
from tests.support.queues import break_queue

pytestmark = pytest.mark.django_db


def test_a_replay_answers_with_the_same_job_and_publishes_it_again_while_it_waits(
    caller, make_type, redis
):
    kind = make_type()
    first, first_replayed = services.submit(caller, type=kind.slug, idempotency_key="k")
    again, again_replayed = services.submit(caller, type=kind.slug, idempotency_key="k")
    assert (again.id, first_replayed, again_replayed) == (first.id, False, True)
    assert Job.objects.get().publishes == 2
    assert redis.llen("default") == 2


def test_a_replay_of_a_settled_job_publishes_nothing(caller, make_type, redis):
    kind = make_type()
    first = services.submit(caller, type=kind.slug, idempotency_key="k").job
    services.cancel(caller, first.id)
    again = services.submit(caller, type=kind.slug, idempotency_key="k").job
    assert (again.id, again.status, redis.llen("default")) == (first.id, "CANCELLED", 1)


def test_another_request_under_the_same_key_is_refused(caller, make_type, redis):
    kind = make_type()
    services.submit(caller, type=kind.slug, idempotency_key="k")
    with pytest.raises(KeyReused):
        services.submit(caller, type=kind.slug, name="Other", idempotency_key="k")


def test_a_replay_that_cannot_publish_promises_nothing(caller, make_type, redis):
    kind = make_type()
    first = services.submit(caller, type=kind.slug, idempotency_key="k").job
    break_queue(redis)
    with pytest.raises(OutcomeUnknown) as unknown:
        services.submit(caller, type=kind.slug, idempotency_key="k")
    assert unknown.value.job_id == first.id
    assert not lifecycle.withdraw([first.id])


def test_an_error_is_not_remembered(caller, make_type, broken_redis):
    kind = make_type()
    with pytest.raises(BrokerUnavailable):
        services.submit(caller, type=kind.slug, idempotency_key="k")
    broken_redis.delete("default")
    assert not services.submit(caller, type=kind.slug, idempotency_key="k").replayed


def test_a_batch_is_replayed_whole(caller, make_type, redis):
    items = [Launch(type=make_type().slug, name=name) for name in "abc"]
    first = services.submit_batch(caller, items, idempotency_key="k").jobs
    again, replayed = services.submit_batch(caller, items, idempotency_key="k")
    assert [job.id for job in again] == [job.id for job in first]
    assert replayed


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_under_one_key_one_row_comes(caller, make_type, redis):
    kind = make_type()

    def submit(_):
        try:
            return services.submit(caller, type=kind.slug, idempotency_key="k").job.id
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(submit, range(16)))
    assert len(ids) == Job.objects.count() == 1
