"""Upkeep publishes the jobs again whose message was lost."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from jobs import lifecycle
from jobs.engine.upkeep.republish import PUBLISHES_LIMIT, Republish
from jobs.models import Job
from tests.support.factories import make_job

# Upkeep speaks over its own connection, which sees only what is committed.
pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def age(seconds, **filters):
    """Make published jobs older."""
    Job.objects.filter(**filters).update(
        published_at=F("published_at") - timedelta(seconds=seconds)
    )


def test_a_job_whose_queue_is_empty_in_two_passes_is_published_again(redis):
    job = make_job()
    age(60)
    republish = Republish()
    assert (republish.run(), republish.run()) == (0, 1)
    job.refresh_from_db()
    assert (job.publishes, redis.llen("default")) == (2, 1)


def test_a_job_just_published_is_left_alone(redis):
    make_job()
    republish = Republish()
    assert (republish.run(), republish.run()) == (0, 0)


def test_a_waiting_job_overtaken_by_later_ones_is_published_again(redis):
    redis.lpush("default", "something waits")
    lost = make_job()
    age(60)
    taken = make_job()
    age(20, id=taken.id)
    waiting = make_job()
    lifecycle.claim(taken.id, types=["report"], worker="w1", pid=1)
    republish = Republish()
    assert republish.run() == 0, "claimed less than two seconds ago"
    Job.objects.filter(id=taken.id).update(started_at=timezone.now() - timedelta(seconds=3))
    assert (republish.run(), republish.run()) == (1, 0)
    assert Job.objects.get(id=lost.id).publishes == 2
    assert Job.objects.get(id=waiting.id).publishes == 1


def test_a_job_published_twice_moves_no_watermark(redis):
    redis.lpush("default", "something waits")
    make_job()
    replayed = make_job()
    age(60)
    lifecycle.republish([replayed.id])
    lifecycle.claim(replayed.id, types=["report"], worker="w1", pid=1)
    Job.objects.filter(id=replayed.id).update(started_at=timezone.now() - timedelta(seconds=3))
    assert Republish().run() == 0


def test_publishing_again_backs_off(redis):
    job = make_job(publishes=3)
    republish = Republish()
    age(39)
    assert (republish.run(), republish.run()) == (0, 0)
    age(2, id=job.id)
    assert (republish.run(), republish.run()) == (0, 1)


def test_a_job_nobody_takes_fails_in_the_end(redis):
    job = make_job(publishes=PUBLISHES_LIMIT)
    age(700)
    republish = Republish()
    republish.run()
    republish.run()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("FAILED", "not_taken")
