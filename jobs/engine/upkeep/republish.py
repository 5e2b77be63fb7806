"""Publishes jobs again whose message was lost. Age alone is no sign of it: a queue may be long.

A message is lost if a later one of its queue was taken before it (the watermark), or if its queue
is empty in two passes in a row and the job still waits. During a deploy a worker that does not
know the type may have taken and dropped it: such a job is published again at every pass that finds
its queue empty, until a worker that knows the type takes it. While no live worker knows it, it is
not published.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from jobs import lifecycle
from jobs.database import WORKER_DB, distinct_values
from jobs.engine import broker
from jobs.engine.upkeep.fleet import Fleet, fleets
from jobs.engine.upkeep.passes import ACTOR, JOBS_A_PASS
from jobs.lifecycle import failed
from jobs.models import SETTLED, Source, Status
from jobs.safe_text import quantity

logger = logging.getLogger(__name__)

PUBLISHES_LIMIT = 20

# Jobs that are on hold, or wait for room, have no message to lose.
IN_LINE = f"status = '{Status.PENDING}' AND parked_by = ''"
QUEUES = distinct_values("jobs_job", "queue", where=IN_LINE)

# Jobs due for another publish: 10 s after the first, 20 s after the second ... at most 10 minutes.
# In a mixed fleet at each pass: half the time between passes, so that a job is not missed by a
# moment.
DUE = f"""{IN_LINE} AND queue = %(queue)s
    AND (%(known)s::text[] IS NULL OR type = ANY(%(known)s))
    AND published_at < now() - interval '1 second' * %(first)s
        * CASE WHEN type = ANY(%(mixed)s) THEN 0.5
            ELSE least(power(2, least(publishes, 20) - 1), 60) END"""

DUE_COLUMNS = "id, publishes, type = ANY(%(mixed)s)"

CLAIMED_COLUMNS = "published_at, publishes, started_at"
KNOWN_SOURCES = " UNION ALL ".join(f"SELECT '{source}'" for source in Source.values)


def _last_settled(status: str) -> str:
    """Return a query of the newest jobs of a queue in a final status: some of each source.

    jobs_job_queue_source has the order of their ids, which is that of their first publish.
    """
    return f"""SELECT newest.* FROM ({KNOWN_SOURCES}) AS known(source), LATERAL (
        SELECT {CLAIMED_COLUMNS} FROM jobs_job
        WHERE queue = %(queue)s AND source = known.source AND status = '{status}'
        ORDER BY id DESC LIMIT 20) AS newest"""


# When the message was published that a worker took last. It may be too early, if the newest jobs
# were never claimed: a later pass then finds the lost message. Only jobs published once count: of
# two messages of one job, the older may have been taken.
WATERMARK = f"""SELECT max(published_at) FROM (
        SELECT {CLAIMED_COLUMNS} FROM jobs_job
        WHERE queue = %(queue)s AND status = '{Status.PROCESSING}'
        UNION ALL {" UNION ALL ".join(_last_settled(status) for status in SETTLED)}
    ) AS claimed
    WHERE publishes = 1 AND started_at < now() - interval '2 seconds'"""

OVERTAKEN = f"""SELECT {DUE_COLUMNS} FROM jobs_job
    WHERE {DUE} AND published_at < interval '-2 seconds' + ({WATERMARK})
    ORDER BY published_at LIMIT {JOBS_A_PASS}"""

OLDEST = f"SELECT {DUE_COLUMNS} FROM jobs_job WHERE {DUE} ORDER BY published_at LIMIT {JOBS_A_PASS}"


@dataclass(frozen=True)
class DueJob:
    """A job to be published again; `mixed` if not all workers of its queue know its type."""

    job_id: UUID
    publishes: int
    mixed: bool

    @property
    def is_hopeless(self) -> bool:
        """Whether workers that know its type had the chance to take it often enough."""
        return self.publishes >= PUBLISHES_LIMIT and not self.mixed


class Republish:
    """Remembers from pass to pass which jobs waited while their queue was empty."""

    def __init__(self) -> None:
        self._waited: dict[str, set[UUID]] = defaultdict(set)

    def run(self) -> int:
        """Do one pass over all queues; returns how many jobs it published again.

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
        lost = _query(OVERTAKEN, queue, fleet)
        if broker.queue_depth(queue):
            self._waited[queue] = set()
        else:
            waiting = _query(OLDEST, queue, fleet)
            lost |= {one for one in waiting if one.mixed or one.job_id in self._waited[queue]}
            self._waited[queue] = {one.job_id for one in waiting}
        return _republish(queue, lost) if lost else 0


def _query(sql: str, queue: str, fleet: Fleet) -> set[DueJob]:
    values = {"queue": queue, "first": settings.JOBS_HEARTBEAT_SECONDS, **asdict(fleet)}
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(sql, values)
        return {DueJob(*row) for row in cursor.fetchall()}


def _republish(queue: str, lost: set[DueJob]) -> int:
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
        message = "published %s of queue %s again after lost messages"
        logger.warning(message, quantity(len(jobs), "job"), queue)
    return len(jobs)


def _give_up(hopeless: Iterable[DueJob]) -> None:
    message = f"Published {PUBLISHES_LIMIT} times without being taken by any worker."
    outcome = failed("not_taken", message)
    signed: dict[str, Any] = {"actor": ACTOR, "using": WORKER_DB}
    for one in hopeless:
        lifecycle.give_up(one.job_id, outcome, publishes=one.publishes, **signed)
