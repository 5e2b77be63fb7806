"""What the engine's tests share."""

import pytest
from django.conf import settings
from redis import Redis


@pytest.fixture
def redis():
    """The broker, empty."""
    client = Redis.from_url(settings.CELERY_BROKER_URL)
    client.flushdb()
    yield client
    client.flushdb()
    client.close()
