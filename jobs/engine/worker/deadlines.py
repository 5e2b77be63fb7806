"""The thread `deadlines` of a worker's main process: ends attempts whose time is over.

It works without PostgreSQL. `JobContext.progress` raises in the handler at the time limit; one that
goes on is interrupted here after its grace, then killed. Celery's own time limits are not used:
they stand still while the broker is down, and would race with these.
"""

import logging
import threading
import time
from collections.abc import Iterable
from uuid import UUID

from jobs.durations import limit_duration
from jobs.engine.worker import processes
from jobs.engine.worker.running import RunningAttempt
from jobs.engine.worker.state import WorkerState
from jobs.lifecycle import Outcome, failed
from jobs.models import Status

logger = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
# From the interrupt, which Python code notices at once, to the kill.
KILL_AFTER_SECONDS = 2.0


class Deadlines(threading.Thread):
    """The thread of one worker; the agent writes the outcomes."""

    def __init__(self, worker: WorkerState) -> None:
        super().__init__(name="deadlines", daemon=True)
        # Of killed attempts, by job and pid, until the agent has written them.
        self.outcomes: dict[tuple[UUID, int], Outcome] = {}
        self._worker = worker
        self._requested_at: dict[tuple[UUID, int], float] = {}  # by job and attempt
        self._stopped = threading.Event()

    def run(self) -> None:
        """Check once a second until stopped."""
        while not self._stopped.wait(CHECK_SECONDS):
            try:
                self._check()
            except Exception:  # without this thread no handler would meet its time limit
                logger.exception("the deadlines failed, and go on")

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def note_cancel_requests(self, attempts: Iterable[tuple[UUID, int]]) -> None:
        """Set the attempts (job, number) with a cancel request; for new ones the grace begins.

        Statements and programs of the context's `sql` and `run_program` end at once.
        """
        now = time.monotonic()
        self._requested_at = {one: self._requested_at.get(one, now) for one in attempts}
        holders = self._worker.running.holders() if self._requested_at else {}
        for job_id, attempt in self._requested_at:
            if job_id in holders:
                self._worker.interrupts.write(holders[job_id], job_id, attempt)

    def _check(self) -> None:
        running = self._worker.running
        for pid in running.holders().values():
            if attempt := running.in_process(pid):
                self._stop_if_overdue(attempt)

    def _stop_if_overdue(self, attempt: RunningAttempt) -> None:
        limit_at = attempt.started_at + attempt.time_limit
        requested_at = self._requested_at.get((attempt.job_id, attempt.attempt), limit_at)
        overdue = time.monotonic() - min(limit_at, requested_at) - attempt.cancel_grace
        over_time = limit_at <= requested_at
        if overdue >= KILL_AFTER_SECONDS:
            self._kill(attempt, _outcome(attempt, over_time))
        elif overdue >= 0:
            logger.info("job %s did not stop in its grace; interrupting it", attempt.job_id)
            target = (attempt.pid, attempt.job_id, attempt.attempt)
            self._worker.interrupts.send(*target, time_limit=over_time)

    def _kill(self, attempt: RunningAttempt, outcome: Outcome) -> None:
        """Suspend the pool process, check that it still runs the attempt, and kill it.

        One that has just finished goes on, so that its next job is not hit.
        """
        if not processes.suspend(attempt.pid):
            return
        if self._worker.running.in_process(attempt.pid) != attempt:
            processes.resume(attempt.pid)
            return
        self.outcomes[attempt.job_id, attempt.pid] = outcome
        logger.warning("job %s is ended by force: %s", attempt.job_id, outcome.status)
        process = processes.find_process(attempt.pid)
        processes.kill([*processes.descendants(attempt.pid), *([process] if process else [])])


def _outcome(attempt: RunningAttempt, over_time: bool) -> Outcome:
    if over_time:
        limit = limit_duration(attempt.time_limit)
        return failed("time_limit", f"The job ran longer than its time limit of {limit}.")
    return Outcome(status=Status.CANCELLED, reason="ended by force: it did not stop when asked")
