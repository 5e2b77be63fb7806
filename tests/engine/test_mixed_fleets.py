"""Publishing again during a deploy, while some workers drop messages of types they do not know."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from jobs import lifecycle
from jobs.engine.upkeep import republish
from jobs.engine.upkeep.republish import PUBLISHES_LIMIT, Republish
from jobs.models import Job, Status, Worker
from tests.support.factories import make_job, make_worker

# Upkeep speaks over its own connection, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture
def republished(redis):
    """Do a pass of upkeep one heartbeat after workers emptied the queue; returns its messages."""
    duty = Republish()

    def passes() -> int:
        redis.delete("default")
        Job.objects.update(published_at=F("published_at") - timedelta(seconds=10))
        return duty.run()

    return passes


def make_mixed_fleet() -> None:
    for _ in range(9):
        make_worker(types=["report"])
    make_worker(types=["report", "new"])


def test_a_type_that_some_workers_do_not_know_is_published_at_every_pass_and_never_given_up(
    republished,
):
    make_mixed_fleet()
    job = make_job(type="new")
    assert [republished() for _ in range(3 * PUBLISHES_LIMIT)] == [1] * 3 * PUBLISHES_LIMIT
    job.refresh_from_db()
    assert (job.status, job.publishes) == (Status.PENDING, 2), "such publishes do not count"


def test_a_type_that_some_workers_do_not_know_is_not_doubled_while_its_message_waits(
    redis, republished
):
    make_mixed_fleet()
    make_job(type="new")
    duty = Republish()
    Job.objects.update(published_at=F("published_at") - timedelta(seconds=600))
    redis.lpush("default", "its message")
    assert [duty.run() for _ in range(3)] == [0, 0, 0]


def test_many_publishes_are_not_held_against_a_type_that_some_workers_do_not_know(republished):
    make_mixed_fleet()
    job = make_job(type="new", publishes=PUBLISHES_LIMIT)
    assert republished() == 1
    assert Job.objects.get(id=job.id).status == Status.PENDING


def test_when_the_deploy_is_over_the_ordinary_rule_begins_at_its_start(republished):
    make_mixed_fleet()
    job = make_job(type="new")
    republished()
    Worker.objects.exclude(types=["report", "new"]).delete()
    assert [republished() for _ in range(4)] == [0, 0, 1, 0], "due after 20 s, in two passes"
    assert Job.objects.get(id=job.id).publishes == 3


def test_a_type_that_no_worker_of_its_queue_knows_is_published_only_when_one_appears(republished):
    make_worker(types=["report"])
    make_worker(queues=["other"], types=["new"])
    job = make_job(type="new")
    assert [republished() for _ in range(5)] == [0] * 5
    make_worker(types=["report", "new"])
    assert republished() == 1
    assert lifecycle.claim(job.id, types=["new"], worker="w", pid=1)


def test_a_worker_that_fell_silent_counts_no_more(republished):
    make_worker(types=["report"], heartbeat_at=timezone.now() - timedelta(minutes=5))
    make_worker(types=["report", "new"])
    job = make_job(type="new")
    assert [republished() for _ in range(2)] == [0, 1], "by the ordinary rule"
    assert Job.objects.get(id=job.id).publishes == 2


def test_jobs_of_an_unknown_type_keep_none_from_being_published_again(republished, monkeypatch):
    monkeypatch.setattr(republish, "OLDEST", republish.OLDEST.replace("LIMIT 1000", "LIMIT 1"))
    make_worker(types=["report"])
    make_job(type="gone")
    lost = make_job()
    assert [republished() for _ in range(2)] == [0, 1]
    assert Job.objects.get(id=lost.id).publishes == 2
