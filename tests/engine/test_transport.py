"""What a worker has taken from Redis and not started goes back when its connection closes."""

from uuid import UUID, uuid4

import pytest
import redis
from django.conf import settings
from kombu import Consumer, Queue

from jobs.engine.worker.transport import JobConnection, job_id, rebuilt

QUEUE = "taken"


@pytest.fixture
def broker():
    with redis.Redis.from_url(settings.JOBS_REDIS_URL) as broker:
        broker.delete(QUEUE)
        yield broker
        broker.delete(QUEUE)


def test_a_message_that_was_taken_and_not_started_goes_back_to_be_read_next(broker):
    first, second = uuid4(), uuid4()
    for one in (first, second):
        broker.lpush(QUEUE, rebuilt(one, QUEUE))
    taken = []
    with JobConnection(settings.JOBS_REDIS_URL) as connection:
        channel = connection.channel()
        with Consumer(channel, [Queue(QUEUE)], on_message=taken.append):
            connection.drain_events(timeout=5)
        channel.close()
    assert [UUID(one.headers["id"]) for one in taken] == [first]
    assert [job_id(broker.rpop(QUEUE)) for _ in range(2)] == [first, second]
