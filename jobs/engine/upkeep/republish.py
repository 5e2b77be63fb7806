"""Publishes jobs again whose message is lost; never by age alone, for a long queue is not a lost one.

A message is lost when a later one of its queue was taken before it (the watermark), or when its queue is empty
in two passes running and the job still waits.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import connections

from jobs import lifecycle
from jobs.engine import publishing
from jobs.lifecycle import WORKER_DB, failed

logger = logging.getLogger(__name__)

ACTOR = "upkeep"
PUBLISHES_LIMIT = 20
LIMIT = 1000

# Loose scan: one index probe for each queue, however many jobs wait.
QUEUES = """WITH RECURSIVE waiting(queue) AS (
        (SELECT queue FROM jobs_job WHERE status = 'PENDING' ORDER BY queue LIMIT 1)
        UNION ALL
        SELECT (SELECT job.queue FROM jobs_job job WHERE job.status = 'PENDING' AND job.queue > waiting.queue
            ORDER BY job.queue LIMIT 1)
        FROM waiting WHERE waiting.queue IS NOT NULL
    )
    SELECT queue FROM waiting WHERE queue IS NOT NULL"""

# Jobs due for another publish: 10 s after the first, 20 after the second ... at most 10 minutes.
DUE = """status = 'PENDING' AND queue = %(queue)s AND published_at < now()
    - least(%(first)s * power(2, least(publishes, 20) - 1), %(first)s * 60) * interval '1 second'"""

# Only jobs published once move the watermark: of two messages of one job, the older may have been taken.
OVERTAKEN = f"""SELECT id, publishes FROM jobs_job
    WHERE {DUE} AND published_at < interval '-2 seconds' + (
        SELECT max(taken_published_at) FROM jobs_job
        WHERE queue = %(queue)s AND taken_published_at IS NOT NULL AND publishes = 1
            AND started_at < now() - interval '2 seconds')
    ORDER BY published_at LIMIT {LIMIT}"""

OLDEST = f"SELECT id, publishes FROM jobs_job WHERE {DUE} ORDER BY published_at LIMIT {LIMIT}"


class Republish:
    """Remembers, from pass to pass, which jobs waited while their queue was empty."""

    def __init__(self) -> None:
        self._waited: dict[str, set[UUID]] = defaultdict(set)

    def run(self) -> int:
        """One pass over all queues; returns how many jobs were published again.

        Raises: BrokerUnavailable.
        """
        with connections[WORKER_DB].cursor() as cursor:
            cursor.execute(QUEUES)
            queues = [queue for (queue,) in cursor.fetchall()]
        for gone in self._waited.keys() - set(queues):
            del self._waited[gone]
        return sum(self._pass(queue) for queue in queues)

    def _pass(self, queue: str) -> int:
        lost = _ask(OVERTAKEN, queue)
        if publishing.queue_depth(queue):
            self._waited[queue] = set()
        else:
            waiting = _ask(OLDEST, queue)
            lost |= {
                job_id: publishes for job_id, publishes in waiting.items() if job_id in self._waited[queue]
            }
            self._waited[queue] = set(waiting)
        return _again(queue, lost)


def _ask(sql: str, queue: str) -> dict[UUID, int]:
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(sql, {"queue": queue, "first": settings.JOBS_HEARTBEAT_SECONDS})
        return dict(cursor.fetchall())


def _again(queue: str, lost: dict[UUID, int]) -> int:
    hopeless = {job_id: publishes for job_id, publishes in lost.items() if publishes >= PUBLISHES_LIMIT}
    _give_up(hopeless.items())
    jobs = lifecycle.republish(lost.keys() - hopeless.keys(), using=WORKER_DB)
    publishing.publish(jobs)
    if jobs:
        logger.warning("published %s jobs of queue %s again: their messages were lost", len(jobs), queue)
    return len(jobs)


def _give_up(hopeless: Iterable[tuple[UUID, int]]) -> None:
    outcome = failed("not_taken", f"Published {PUBLISHES_LIMIT} times without being taken by any worker.")
    for job_id, publishes in hopeless:
        lifecycle.give_up(job_id, outcome, publishes=publishes, actor=ACTOR, using=WORKER_DB)
