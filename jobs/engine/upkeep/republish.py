"""Publishes jobs again whose message is lost; never by age alone, for a long queue is not a lost one.

A message is lost when a later one of its queue was taken before it (the watermark), or when its
queue is empty in two passes running and the job still waits. In the middle of a deploy it may also
have met a worker that does not know the type, and drops it: such a job is published again at every
pass that finds its queue empty, until a worker that knows it is met; and not at all while no worker
is there that does.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from uuid import UUID

from django.conf import settings
from django.db import connections

from jobs import lifecycle
from jobs.database import distinct_values
from jobs.engine import broker
from jobs.engine.upkeep.fleet import Fleet, fleets
from jobs.engine.upkeep.passes import ACTOR, LIMIT
from jobs.lifecycle import WORKER_DB, failed
from jobs.models import Status

logger = logging.getLogger(__name__)

PUBLISHES_LIMIT = 20

# The queues in which jobs wait.
QUEUES = distinct_values("jobs_job", "queue", where=f"status = '{Status.PENDING}'")

# Jobs due for another publish: 10 s after the first, 20 after the second ... at most 10 minutes.
# With a mixed fleet at each pass, and by half the time between passes, so that none is missed by a
# moment.
DUE = f"""status = '{Status.PENDING}' AND queue = %(queue)s
    AND (%(known)s::text[] IS NULL OR type = ANY(%(known)s))
    AND published_at < now() - interval '1 second' * %(first)s * CASE WHEN type = ANY(%(mixed)s) THEN 0.5
        ELSE least(power(2, least(publishes, 20) - 1), 60) END"""

COLUMNS = "id, publishes, type = ANY(%(mixed)s)"

# Only jobs published once move the watermark: of two messages of one job, the older may have been
# taken.
OVERTAKEN = f"""SELECT {COLUMNS} FROM jobs_job
    WHERE {DUE} AND published_at < interval '-2 seconds' + (
        SELECT max(taken_published_at) FROM jobs_job
        WHERE queue = %(queue)s AND taken_published_at IS NOT NULL AND publishes = 1
            AND started_at < now() - interval '2 seconds')
    ORDER BY published_at LIMIT {LIMIT}"""

OLDEST = f"SELECT {COLUMNS} FROM jobs_job WHERE {DUE} ORDER BY published_at LIMIT {LIMIT}"


@dataclass(frozen=True)
class Waiting:
    """A job that is due; `mixed` if some of the workers that may take its message do not know its type."""

    job_id: UUID
    publishes: int
    mixed: bool

    @property
    def is_hopeless(self) -> bool:
        """Whether workers that know it had their chances."""
        return self.publishes >= PUBLISHES_LIMIT and not self.mixed


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
        served = fleets()
        return sum(self._pass(queue, served.get(queue, Fleet())) for queue in queues)

    def _pass(self, queue: str, fleet: Fleet) -> int:
        lost = _ask(OVERTAKEN, queue, fleet)
        if broker.queue_depth(queue):
            self._waited[queue] = set()
        else:
            waiting = _ask(OLDEST, queue, fleet)
            lost |= {one for one in waiting if one.mixed or one.job_id in self._waited[queue]}
            self._waited[queue] = {one.job_id for one in waiting}
        return _again(queue, lost) if lost else 0


def _ask(sql: str, queue: str, fleet: Fleet) -> set[Waiting]:
    values = {"queue": queue, "first": settings.JOBS_HEARTBEAT_SECONDS, **asdict(fleet)}
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(sql, values)
        return {Waiting(*row) for row in cursor.fetchall()}


def _again(queue: str, lost: set[Waiting]) -> int:
    hopeless = {one for one in lost if one.is_hopeless}
    _give_up(hopeless)
    mixed = [one.job_id for one in lost if one.mixed]
    ordinary = [one.job_id for one in lost - hopeless if not one.mixed]
    jobs = [
        *lifecycle.republish(mixed, counts=False, skip_locked=True, using=WORKER_DB),
        *lifecycle.republish(ordinary, skip_locked=True, using=WORKER_DB),
    ]
    broker.publish(jobs)
    if jobs:
        logger.warning(
            "published %s jobs of queue %s again: their messages were lost", len(jobs), queue
        )
    return len(jobs)


def _give_up(hopeless: Iterable[Waiting]) -> None:
    outcome = failed(
        "not_taken", f"Published {PUBLISHES_LIMIT} times without being taken by any worker."
    )
    for one in hopeless:
        lifecycle.give_up(
            one.job_id, outcome, publishes=one.publishes, actor=ACTOR, using=WORKER_DB
        )
