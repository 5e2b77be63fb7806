"""A pass of upkeep over 1,000,000 settled and 200,000 waiting jobs, which publishes none again."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from redis import Redis

from benchmarks.harness import ground, rows
from benchmarks.harness.figure import Figure
from jobs import services
from jobs.engine import broker
from jobs.engine.upkeep.leader import Upkeep
from jobs.engine.upkeep.republish import Republish
from jobs.models import Job, Source, Status, Worker

QUEUED = 50_000
SECONDS = 0.5
ROUNDS = 5


def measure(home: Path) -> Iterator[Figure]:
    """Yield the figures of a long queue, then those of the pass."""
    with ground.database("queued"):
        yield from _long_queue()
    with ground.database("full"):
        yield from _passes()


def _long_queue() -> Iterator[Figure]:
    """Yield how many jobs are published again while one slow worker runs the oldest: none."""
    rows.fill(QUEUED, processing=1, active=QUEUED)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE jobs_job SET queue = 'default', created_at = now() - interval '1 hour'"
        )
        cursor.execute(
            "UPDATE jobs_job SET published_at = created_at + (random() * interval '50 minutes')"
        )
        cursor.execute(
            """UPDATE jobs_job SET published_at = created_at, taken_published_at = created_at,
            started_at = now() - interval '50 minutes' WHERE status = 'PROCESSING'"""
        )
    waiting = Job.objects.filter(status=Status.PENDING).order_by("published_at")
    broker.publish(waiting.only("id", "queue"))
    yield _republished("long queue", waiting.count())
    caller = services.Caller(
        user=get_user_model().objects.get(username="staff"), name="staff", source=Source.COMMAND
    )
    for job in waiting.order_by("-published_at")[:10]:
        services.cancel(caller, job.id)
    yield _republished("long queue, its newest 10 cancelled", waiting.count())


def _republished(what: str, waiting: int) -> Figure:
    republish = Republish()
    count = sum(republish.run() for _ in range(3))
    return Figure(
        what=f"{what}: published again", value=count, at_most=0, details={"waiting": waiting}
    )


def _passes() -> Iterator[Figure]:
    rows.fill(
        1_200_000, processing=0, active=200_000
    )  # running jobs were claimed before the waiting ones
    Worker.objects.create(
        id="w1",
        host="here",
        pid=1,
        queues=["default", "slow"],
        types=["report", "export", "prune"],
        slots=1,
    )
    broker.publish(Job.objects.filter(status=Status.PENDING).only("id", "queue")[:1000])
    logging.disable(logging.WARNING)
    yield _pass("a pass")
    Worker.objects.create(
        id="w2", host="here", pid=2, queues=["default", "slow"], types=["prune"], slots=1
    )
    yield _pass("a pass, half of the workers know none of the waiting types")
    Worker.objects.filter(id="w1").delete()
    Redis.from_url(settings.JOBS_REDIS_URL).flushdb()
    yield _pass("a pass, no worker knows any of the waiting types, the queues are empty")


def _pass(what: str) -> Figure:
    upkeep = Upkeep()
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for duty in upkeep._duties[:-1]:  # all but the hourly prune
            duty.run()
        seconds.append(time.perf_counter() - start)
    typical = sorted(seconds)[ROUNDS // 2]
    details = {"seconds": [round(one, 3) for one in seconds], "bound_seconds": SECONDS}
    return Figure(
        what=f"{what}: share of its bound", value=typical / SECONDS, at_most=1, details=details
    )
