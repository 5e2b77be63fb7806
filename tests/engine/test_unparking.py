"""Upkeep lets jobs start whose hold has ended, or for which there is room now, in their order."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import lifecycle
from jobs.engine.upkeep.republish import Republish
from jobs.engine.upkeep.unknown import GiveUpUnknown
from jobs.engine.upkeep.unparking import Unpark
from jobs.lifecycle import Outcome
from jobs.limits import Limit
from jobs.models import Hold, Job, SiteLimit, Status
from tests.support.factories import make_hold, make_job, make_worker

# Upkeep speaks over its own connection, which sees only what is committed.
pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def parked(count, **limits):
    """Jobs that a worker was refused, in the order of their submission."""
    jobs = [make_job() for _ in range(count)]
    for job in jobs:
        admission = lifecycle.admit(job.id, types=["report"], limits=limits, worker="w", pid=1)
        assert admission.job is None
    return [job.id for job in jobs]


def taken(redis):
    """The ids of all messages in the order in which workers take them."""
    found = []
    while message := redis.rpop("default"):
        found.append(json.loads(message)["headers"]["id"])
    return found


def test_jobs_stay_parked_while_their_hold_lasts(redis):
    make_hold()
    parked(2)
    assert Unpark().run() == 0
    assert redis.llen("default") == 0


@pytest.mark.parametrize("ending", ["released", "its time is over", "deleted"])
def test_when_a_hold_ends_its_jobs_are_before_all_others_in_their_order(redis, ending):
    hold = make_hold(until=timezone.now() + timedelta(hours=1))
    ids = parked(3)
    redis.lpush("default", json.dumps({"headers": {"id": "later"}}))
    if ending == "deleted":
        hold.delete()
    elif ending == "released":
        Hold.objects.update(ended_at=timezone.now(), released_by="ann")
    else:
        Hold.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert Unpark().run() == 3
    assert taken(redis) == [*map(str, ids), "later"]
    assert not Job.objects.exclude(parked_by="").exists()


def test_a_hold_whose_time_is_over_is_marked_as_ended(redis):
    until = timezone.now() - timedelta(seconds=1)
    make_hold(until=until)
    Unpark().run()
    assert Hold.objects.get().ended_at == until


def test_a_slice_of_the_jobs_of_a_hold_waits_until_the_one_before_was_taken(redis, monkeypatch):
    monkeypatch.setattr("jobs.engine.upkeep.unparking.JOBS_A_PASS", 2)
    hold = make_hold()
    ids = parked(5)
    hold.delete()
    unpark = Unpark()
    assert [unpark.run(), unpark.run()] == [2, 0]
    for job_id in ids[:2]:
        lifecycle.claim(job_id, types=["report"], worker="w", pid=1)
    assert [unpark.run(), unpark.run()] == [2, 0]
    assert taken(redis) == [*map(str, ids[2:4]), *map(str, ids[:2])]


def test_a_slice_whose_messages_are_lost_does_not_hold_up_the_next(redis, monkeypatch):
    monkeypatch.setattr("jobs.engine.upkeep.unparking.JOBS_A_PASS", 2)
    hold = make_hold()
    parked(3)
    hold.delete()
    unpark = Unpark()
    unpark.run()
    redis.flushdb()
    assert unpark.run() == 1


def test_as_many_jobs_as_have_room_are_let_in_once(redis, make_type):
    make_type(slug="report2")
    SiteLimit.objects.create(type="report", at_most=2)
    running = make_job(status=Status.PROCESSING)
    make_job(status=Status.PROCESSING)
    ids = parked(3)
    unpark = Unpark()
    assert unpark.run() == 0
    lifecycle.settle(running.id, Outcome(status=Status.COMPLETED), attempt=1, actor="w1")
    assert [unpark.run(), unpark.run()] == [1, 0]
    assert taken(redis) == [str(ids[0])]


def test_jobs_start_when_their_limit_is_lifted(redis):
    make_job(status=Status.PROCESSING)
    limit = SiteLimit.objects.create(type="report", at_most=1)
    parked(3)
    limit.delete()
    assert Unpark().run() == 3


def test_jobs_are_sorted_anew_when_a_limit_changes_to_one_by_a_parameter(redis):
    make_job(status=Status.PROCESSING)
    SiteLimit.objects.create(type="report", at_most=1)
    parked(3)
    SiteLimit.objects.update(by="customer")
    assert Unpark().run() == 3


def test_more_groups_than_a_pass_reads_are_let_in_by_the_next_ones(redis, monkeypatch):
    monkeypatch.setattr("jobs.engine.upkeep.unparking.JOBS_A_PASS", 2)
    for queue in "abcde":
        lifecycle.park(make_job(queue=queue).id, "hold:7")
    unpark = Unpark()
    assert [unpark.run() for _ in range(3)] == [2, 2, 1]


def test_a_parked_job_is_never_taken_for_a_lost_message(redis):
    make_hold()
    [job_id] = parked(1)
    Job.objects.update(publishes=30, published_at=timezone.now() - timedelta(days=1))
    republish = Republish()
    assert [republish.run() for _ in range(3)] == [0, 0, 0]
    assert Job.objects.get(id=job_id).status == Status.PENDING


def test_a_held_job_of_a_type_that_no_worker_knows_waits(redis, settings):
    settings.JOBS_LEASE_SECONDS = 0
    make_worker(types=["report"])
    hold = make_hold(value="gone")
    job = make_job(type="gone", created_at=timezone.now() - timedelta(days=1))
    give_up = GiveUpUnknown()
    assert give_up.run() == 0
    hold.delete()
    make_worker(types=["report"], heartbeat_at=timezone.now() + timedelta(days=1))
    assert give_up.run() == 1
    job.refresh_from_db()
    assert job.error_code == "unknown_type"


def test_the_limits_of_code_apply_without_one_of_the_site(redis, make_type):
    make_type(slug="once", max_running=1)
    job = make_job(type="once", status=Status.PROCESSING)
    waiting = make_job(type="once")
    limits = {"once": Limit(1)}
    lifecycle.admit(waiting.id, types=["once"], limits=limits, worker="w", pid=1)
    unpark = Unpark()
    assert unpark.run() == 0
    lifecycle.settle(job.id, Outcome(status=Status.COMPLETED), attempt=1, actor="w1")
    assert unpark.run() == 1
