"""What the services' tests share: a caller, and queues to look into."""

import pytest
from django.conf import settings
from redis import Redis

from jobs.engine import broker
from jobs.models import Source
from jobs.services import Caller
from tests.support.factories import make_user


@pytest.fixture
def redis():
    """The broker, empty; its breaker is reset afterwards."""
    client = Redis.from_url(settings.CELERY_BROKER_URL)
    client.flushdb()
    broker.breaker.reset()
    yield client
    broker.breaker.reset()
    client.flushdb()
    client.close()


@pytest.fixture
def broken_redis(redis):
    """The broker, refusing what is published, in this test's own database of it alone."""
    break_queue(redis)
    return redis


def break_queue(redis):
    """Put something in the queue's place that takes no messages."""
    redis.delete("default")
    redis.set("default", "no list")


@pytest.fixture
def caller(db) -> Caller:
    """A user who may launch jobs and do nothing else."""
    return caller_for(make_user("jobs.add_job"))


def caller_for(user) -> Caller:
    return Caller(user=user, name=user.username, source=Source.API)
