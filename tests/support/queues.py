"""The broker as tests find it: empty, or refusing what is published."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from redis import Redis

from jobs.engine import broker


@pytest.fixture
def redis() -> Iterator[Redis]:
    """The broker, empty; its breaker is reset afterwards."""
    client = Redis.from_url(settings.JOBS_REDIS_URL)
    client.flushdb()
    broker.breaker.reset()
    yield client
    broker.breaker.reset()
    client.flushdb()
    client.close()


@pytest.fixture
def broken_redis(redis: Redis) -> Redis:
    """The broker, refusing what is published, in this test's own database of it alone."""
    break_queue(redis)
    return redis


def break_queue(redis: Redis) -> None:
    """Replace the default queue by a value that takes no messages."""
    redis.delete("default")
    redis.set("default", "no list")
