"""What the services' tests share: a caller, and queues to look into."""

import pytest
from django.conf import settings
from redis import Redis

from jobs.engine import publishing
from jobs.models import Source
from jobs.services import Caller
from tests.factories import make_user


@pytest.fixture
def redis():
    """The broker, empty; again closed to nobody afterwards."""
    client = Redis.from_url(settings.CELERY_BROKER_URL)
    client.flushdb()
    publishing.breaker.reset()
    yield client
    publishing.breaker.reset()
    client.flushdb()
    client.close()


@pytest.fixture
def broken_redis(redis):
    """The broker, refusing to write: the error of a full disk or a replica comes the same way."""
    redis.config_set("maxmemory", 1)
    yield redis
    redis.config_set("maxmemory", 0)


@pytest.fixture
def caller(db) -> Caller:
    """Somebody who may launch, and nothing else."""
    return caller_for(make_user("jobs.add_job"))


def caller_for(user) -> Caller:
    return Caller(user=user, name=user.username, source=Source.API)
