"""Lets parked jobs start: those whose hold has ended, and those for which there is room.

A worker that ends a job of a limited type lets the next one in itself. This is for what no worker
sees: holds that end, limits that change, and jobs of killed workers.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import F
from django.db.models.functions import Now

from jobs import lifecycle, registry
from jobs.database import WORKER_DB
from jobs.engine import broker
from jobs.engine.parked_jobs import publish_first
from jobs.engine.upkeep.passes import JOBS_A_PASS
from jobs.lifecycle import HOLD_PREFIX, LIMIT_PREFIX, key_of_limit
from jobs.limits import Limit
from jobs.models import Hold, Job, SiteLimit, Status

logger = logging.getLogger(__name__)

PAUSE_LIMIT = 600.0  # seconds

# What parked jobs wait for, in each queue; one index probe for each. The next pass goes on after
# the last.
NEXT_GROUP = f"""SELECT queue, parked_by FROM jobs_job
    WHERE status = '{Status.PENDING}' AND parked_by <> '' AND (queue, parked_by) > ({{after}})
    ORDER BY queue, parked_by LIMIT 1"""
GROUPS = f"""WITH RECURSIVE parked AS (
        ({NEXT_GROUP.format(after="%s, %s")})
        UNION ALL
        SELECT next.* FROM parked, LATERAL
            ({NEXT_GROUP.format(after="parked.queue, parked.parked_by")}) AS next
    )
    SELECT * FROM parked LIMIT %s"""

RUNNING_BY_KEY = f"""SELECT job.queue, {key_of_limit("job", "under.by")}, count(*)
    FROM jobs_job AS job JOIN unnest(%s::text[], %s::text[]) AS under(type, by) USING (type)
    WHERE job.status = '{Status.PROCESSING}' GROUP BY 1, 2"""


@dataclass(frozen=True)
class Group:
    """The jobs of a queue that are parked by the same hold or limit."""

    queue: str
    key: str


class Unpark:
    """Remembers which jobs it has let in and no worker has taken yet.

    Of a hold that has ended, one slice at a time is put before all others in the queue: so the
    order stays. Jobs under a limit stay parked until they begin; they are published again later and
    later, because a message may be lost.
    """

    def __init__(self) -> None:
        self._slices: dict[Group, set[UUID]] = {}
        # When to publish a job again, by the monotonic clock, and the pause before that.
        self._again: dict[UUID, tuple[float, float]] = {}
        self._last = ("", "")

    def run(self) -> int:
        """Do one pass; returns how many jobs it let in."""
        expired = Hold.objects.using(WORKER_DB).filter(ended_at=None, until__lte=Now())
        expired.update(ended_at=F("until"))
        groups = self._next_groups()
        before, self._again = self._again, {}
        if not groups:
            self._slices.clear()
            return 0
        self._forget_taken()
        let_in = 0
        for group, room in _rooms(groups):
            jobs = self._slice(group) if room is None else self._first(group, room, before)
            publish_first(jobs)
            let_in += len(jobs)
        return let_in

    def _next_groups(self) -> list[Group]:
        with connections[WORKER_DB].cursor() as cursor:
            cursor.execute(GROUPS, [*self._last, JOBS_A_PASS])
            rows = cursor.fetchall()
        self._last = rows[-1] if len(rows) == JOBS_A_PASS else ("", "")
        return [Group(*row) for row in rows]

    def _forget_taken(self) -> None:
        ids = [job_id for of_group in self._slices.values() for job_id in of_group]
        jobs = Job.objects.using(WORKER_DB).filter(id__in=ids, status=Status.PENDING, parked_by="")
        in_line = set(jobs.values_list("id", flat=True)) if ids else set()
        kept = {group: of_group & in_line for group, of_group in self._slices.items()}
        self._slices = {group: of_group for group, of_group in kept.items() if of_group}

    def _slice(self, group: Group) -> list[Job]:
        """Unpark the next jobs of a group, once those before are taken or their messages lost."""
        if self._slices.get(group) and broker.queue_depth(group.queue):
            return []
        jobs = lifecycle.unpark(group.queue, group.key, JOBS_A_PASS, using=WORKER_DB)
        self._slices[group] = {job.id for job in jobs}
        logger.info("let %s jobs of queue %s in (%s)", len(jobs), group.queue, group.key)
        return jobs

    def _first(
        self, group: Group, room: int, before: Mapping[UUID, tuple[float, float]]
    ) -> list[Job]:
        """Return those of the first `room` jobs that are due to be published."""
        if room <= 0:
            return []
        now, due = time.monotonic(), []
        for job in lifecycle.first_parked(group.queue, group.key, room, using=WORKER_DB):
            at, pause = before.get(job.id, (now, settings.JOBS_HEARTBEAT_SECONDS / 2))
            if at <= now:
                due.append(job)
                pause = min(2 * pause, PAUSE_LIMIT)
                at = now + pause
            self._again[job.id] = at, pause
        return due


def _rooms(groups: Iterable[Group]) -> Iterator[tuple[Group, int | None]]:
    """Yield the groups that may start: how many more jobs of each may run, None for no limit."""
    active = Hold.objects.using(WORKER_DB).active().values_list("id", flat=True)
    holds = {f"{HOLD_PREFIX}{hold_id}" for hold_id in active}
    limits = _limits()
    running = _running(limits)
    for group in groups:
        if group.key in holds:
            continue
        limit = limits.get(_type_of(group.key))
        if limit is None or bool(limit.by) != _is_of_value(group.key):
            yield group, None
        else:
            yield group, limit.at_most - running[group.key]


def _limits() -> dict[str, Limit]:
    """Return the limit of each type that has one: the site's, or else that of the code."""
    limits: dict[str, Limit] = registry.limits()
    for site in SiteLimit.objects.using(WORKER_DB):
        limits.pop(site.type, None)
        if site.at_most is not None:
            limits[site.type] = Limit(site.at_most, site.by)
    return limits


def _running(limits: dict[str, Limit]) -> Counter[str]:
    values: list[Any] = [[*limits], [limit.by for limit in limits.values()]]
    running: Counter[str] = Counter()
    if limits:
        with connections[WORKER_DB].cursor() as cursor:
            cursor.execute(RUNNING_BY_KEY, values)
            for _, key, count in cursor.fetchall():
                running[key] += count
    return running


def _type_of(key: str) -> str:
    return key.removeprefix(LIMIT_PREFIX).partition(":")[0] if key.startswith(LIMIT_PREFIX) else ""


def _is_of_value(key: str) -> bool:
    return key.count(":") > 1
