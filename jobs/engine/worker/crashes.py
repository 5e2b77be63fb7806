"""Ends the attempts of pool processes that died, or that must end with their worker."""

import logging
import os
import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import Error

from jobs import lifecycle
from jobs.database import WORKER_DB, is_bug
from jobs.engine.lost_attempts import end_attempt
from jobs.engine.worker import processes
from jobs.engine.worker.processes import Process
from jobs.engine.worker.state import CrashedAttempt, WorkerState
from jobs.lifecycle import Outcome
from jobs.models import Job, Status

logger = logging.getLogger(__name__)

# A worker that stops ends by these signals the pool processes whose time is over, perhaps before
# the agent does.
ENDING_CODES = {"signal 3": "worker_stopped", "signal 15": "worker_stopped"}
# Celery reports a process 10 s after its end at the latest, and what ended it.
VANISHED_SECONDS = 15.0


def crashed_attempts(holders: Mapping[UUID, int]) -> list[CrashedAttempt]:
    """Return the attempts whose pool process died; Celery looks for those only every 5 seconds."""
    return [
        CrashedAttempt(
            job_id,
            pid,
            f"worker process lost ({process.ending})",
            ENDING_CODES.get(process.ending, "worker_lost"),
        )
        for job_id, pid in holders.items()
        if (process := processes.find_process(pid)) is not None and process.ending
    ]


class Crashes:
    """The crashed attempts of a worker, each kept until its end is written.

    `outcomes` holds, by job and pid, the outcomes of attempts that the deadlines killed.
    """

    def __init__(self, worker: WorkerState, outcomes: dict[tuple[UUID, int], Outcome]) -> None:
        self._worker = worker
        self._outcomes = outcomes
        self._unwritten: list[CrashedAttempt] = []
        self._descendants: dict[int, set[Process]] = {}
        self._vanished: dict[int, float] = {}  # by pid: since when, by the monotonic clock

    def add(self, *attempts: CrashedAttempt) -> None:
        """Have these attempts ended."""
        self._unwritten += attempts

    def note_descendants(self, pids: Iterable[int]) -> None:
        """Remember the child processes of each pool process.

        Those of a killed one live on under another parent, so what was known is kept: the pool may
        reap the process before its end is reported.
        """
        known = self._descendants
        self._descendants = {
            pid: processes.descendants(pid) or known.get(pid, set()) for pid in pids
        }

    def note_vanished(self, holders: Mapping[UUID, int]) -> None:
        """Report the attempts whose pool process is gone, if Celery has not done so for 15 s.

        Celery does not report a process that died before it was heard of; its lease would be
        renewed for ever.
        """
        now = time.monotonic()
        gone = {job: pid for job, pid in holders.items() if not _is_pool_process(pid)}
        self._vanished = {pid: self._vanished.get(pid, now) for pid in gone.values()}
        for job_id, pid in gone.items():
            if now - self._vanished[pid] > VANISHED_SECONDS:
                self.add(CrashedAttempt(job_id, pid, "worker process lost"))
                self._worker.running.forget(pid)

    def end(self) -> None:
        """End the attempts whose rows are free; one locked row does not hold up the others."""
        self._unwritten = [one for one in self._unwritten if not self._try_end(one)]

    def end_all(self) -> None:
        """Give back what the worker holds: its processes end first, so that no job runs twice."""
        for pid in self._worker.running.holders().values():
            _kill_pool_process(pid)
        mine = Job.objects.using(WORKER_DB).filter(worker=self._worker.id)
        for job in mine.filter(status=Status.PROCESSING):
            _kill_pool_process(job.pid or 0)
            self._try_write(job, code="worker_stopped", message="The worker was stopped.")

    def _try_end(self, crash: CrashedAttempt) -> bool:
        """End an attempt; returns False while its row is locked.

        What PostgreSQL will never take is left to upkeep, once the lease has ended.
        """
        processes.kill(self._descendants.get(crash.pid, ()))
        owner: dict[str, Any] = {"worker": self._worker.id, "pid": crash.pid, "using": WORKER_DB}
        job = lifecycle.held(crash.job_id, **owner)
        if job is not None and not self._try_write(job, code=crash.code, message=crash.message):
            return False
        self._outcomes.pop((crash.job_id, crash.pid), None)
        return True

    def _try_write(self, job: Job, *, code: str, message: str) -> bool:
        """Write how an attempt ended; False if its row is locked or shows another attempt."""
        outcome = self._outcomes.get((job.id, job.pid or 0))
        fence: dict[str, Any] = {"actor": self._worker.actor, "lease_until": job.lease_until}
        fence["using"] = WORKER_DB
        try:
            if outcome is None:
                ended = end_attempt(job, code=code, message=message, **fence)
            else:
                ended = lifecycle.settle(job.id, outcome, attempt=job.attempt, **fence)
        except Error as error:
            if not is_bug(error):
                raise
            logger.exception("job %s cannot be ended; upkeep does it after its lease", job.id)
            return True
        return ended is not None


def _is_pool_process(pid: int) -> bool:
    process = processes.find_process(pid)
    return process is not None and process.parent == os.getpid()


def _kill_pool_process(pid: int) -> None:
    process = processes.find_process(pid)
    if process is not None and process.parent == os.getpid():
        processes.kill([*processes.descendants(pid), process])
