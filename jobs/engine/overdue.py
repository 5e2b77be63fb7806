"""Attempts that should have stopped: interrupted after their grace, then ended by force.

This is the only clock for time limits: Celery's own stands still while the broker is down, and two would race.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connections

from jobs import lifecycle, registry
from jobs.engine import children
from jobs.engine.interrupt import interrupt
from jobs.lifecycle import WORKER_DB, Outcome, failed
from jobs.models import Status
from jobs.registry import JobType

logger = logging.getLogger(__name__)

# Between the interrupt, which Python code sees at once, and the end by force.
FORCE_AFTER_SECONDS = 2.0

RUNNING = """SELECT id, attempt, pid, type, extract(epoch FROM clock_timestamp() - started_at)::float,
        extract(epoch FROM clock_timestamp() - cancel_requested_at)::float
    FROM jobs_job WHERE id = ANY(%s) AND worker = %s AND status = 'PROCESSING'"""


@dataclass(frozen=True)
class Running:
    """An attempt of this worker, by PostgreSQL's clock."""

    job_id: UUID
    attempt: int
    pid: int
    type: str
    running_seconds: float
    asked_seconds: float | None

    def over_limit_seconds(self, job_type: JobType) -> float:
        """For how long it has been running beyond its time limit; negative before."""
        return self.running_seconds - job_type.time_limit

    def is_over_time(self, job_type: JobType) -> bool:
        """Whether its time limit ended it, rather than a cancel request that came before."""
        return self.over_limit_seconds(job_type) >= max(0, self.asked_seconds or 0)


def stop_overdue(holders: Mapping[UUID, int], *, worker: str, actor: str) -> None:
    """Interrupt or end those of a worker's attempts whose grace is over; `holders` maps job ids to their pids."""
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(RUNNING, [list(holders), worker])
        attempts = [Running(*row) for row in cursor.fetchall()]
    for attempt in attempts:
        if holders.get(attempt.job_id) == attempt.pid:
            _stop_if_overdue(attempt, actor)


def _stop_if_overdue(running: Running, actor: str) -> None:
    job_type = registry.find(running.type)
    if job_type is None:
        return
    overdue = max(running.asked_seconds or 0, running.over_limit_seconds(job_type)) - job_type.cancel_grace
    over_time = running.is_over_time(job_type)
    if overdue >= FORCE_AFTER_SECONDS:
        _end_by_force(running, _outcome(job_type, over_time), actor)
    elif overdue >= 0:
        logger.info("job %s did not stop in its grace; interrupting it", running.job_id)
        interrupt(running.pid, running.job_id, running.attempt, time_limit=over_time)


def _outcome(job_type: JobType, over_time: bool) -> Outcome:
    if over_time:
        return failed("time_limit", f"The job ran longer than its time limit of {job_type.time_limit:g} s.")
    return Outcome(status=Status.CANCELLED, reason="ended by force: it did not stop when asked")


def _end_by_force(running: Running, outcome: Outcome, actor: str) -> None:
    """Freeze, check, kill: a child that has just finished goes on, and its next job is not hit."""
    if not children.freeze(running.pid):
        return
    settled = None
    try:
        settled = lifecycle.settle(
            running.job_id, outcome, attempt=running.attempt, actor=actor, using=WORKER_DB
        )
    finally:
        if settled is None:
            children.thaw(running.pid)
    if settled is not None:
        logger.warning("job %s was ended by force: %s", running.job_id, settled.status)
        process = children.look(running.pid)
        children.kill([*children.descendants(running.pid), *([process] if process else [])])
