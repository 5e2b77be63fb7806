"""A batch is accepted whole or not at all."""

import pytest

from jobs import lifecycle, services
from jobs.engine import broker
from jobs.errors import BrokerUnavailable, InvalidBatch
from jobs.models import Job
from jobs.services import Launch

pytestmark = pytest.mark.django_db


def test_a_batch_keeps_its_order_and_shares_a_batch_id(caller, make_type, redis):
    jobs = services.submit_batch(
        caller, [Launch(type=make_type().slug, name=f"n{n}") for n in range(20)]
    ).jobs
    assert [job.name for job in jobs] == [f"n{n}" for n in range(20)]
    assert len({job.batch_id for job in jobs}) == 1
    assert redis.llen("default") == 20


def test_every_refused_item_is_named_and_nothing_is_stored(caller, make_type, redis):
    good = Launch(type=make_type().slug)
    with pytest.raises(InvalidBatch) as refused:
        services.submit_batch(
            caller, [good, Launch(type="nonsense"), good, Launch(good.name, good.type, {"a": 1})]
        )
    assert sorted(refused.value.errors) == [1, 3]
    assert not Job.objects.exists()


def test_of_a_type_that_may_be_active_once_a_batch_holds_one(caller, make_type, redis):
    kind, other = make_type(unique_while_active=True), make_type()
    items = [Launch(type=slug) for slug in (kind.slug, other.slug, other.slug, kind.slug)]
    with pytest.raises(InvalidBatch) as refused:
        services.submit_batch(caller, items)
    assert str(refused.value) == "job 3: Only one job of this type may be active at a time."
    assert not Job.objects.exists()
    assert len(services.submit_batch(caller, items[:3]).jobs) == 3


def test_a_batch_that_breaks_half_way_is_withdrawn_whole(caller, make_type, broken_redis):
    with pytest.raises(BrokerUnavailable):
        services.submit_batch(caller, [Launch(type=make_type().slug)] * 3)
    assert not Job.objects.exists()


def test_a_batch_of_which_one_was_taken_is_kept_whole(caller, make_type, monkeypatch):
    kind = make_type()

    def publish_one(jobs):
        lifecycle.claim(jobs[0].id, types=[kind.slug], worker="w1", pid=7)
        raise BrokerUnavailable("half-way")

    monkeypatch.setattr(broker, "publish", publish_one)
    services.submit_batch(caller, [Launch(type=kind.slug)] * 3)
    assert sorted(Job.objects.values_list("status", flat=True)) == [
        "PENDING",
        "PENDING",
        "PROCESSING",
    ]
