"""A thread in each worker's main process: it ends attempts whose time is over, without PostgreSQL.

They are interrupted after their grace, then ended by force. This is the only clock for time limits:
Celery's own stands still while the broker is down, and two would race.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from uuid import UUID

from jobs.engine.worker import processes
from jobs.engine.worker.interrupt import interrupt
from jobs.engine.worker.running import RunningAttempt, running_in
from jobs.lifecycle import Outcome, failed
from jobs.models import Status

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
# Between the interrupt, which Python code sees at once, and the end by force.
FORCE_AFTER_SECONDS = 2.0


class Deadlines(threading.Thread):
    """The thread; `pids` returns the children that run a job. The agent writes the outcomes."""

    def __init__(self, pids: Callable[[], Iterable[int]]) -> None:
        super().__init__(name="deadlines", daemon=True)
        # By job and pid, until the agent has written them.
        self.outcomes: dict[tuple[UUID, int], Outcome] = {}
        self._pids = pids
        self._asked_at: dict[tuple[UUID, int], float] = {}  # by job and attempt
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look once a second until stopped."""
        while not self._stopped.wait(LOOK_EVERY_SECONDS):
            try:
                self._look()
            except Exception:  # without this thread no handler would meet its time limit
                logger.exception("the deadlines failed, and go on")

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def note_asked_to_stop(self, attempts: Iterable[tuple[UUID, int]]) -> None:
        """Set the attempts (job, number) that were asked to stop; the grace of new ones begins now."""
        now = time.monotonic()
        self._asked_at = {one: self._asked_at.get(one, now) for one in attempts}

    def _look(self) -> None:
        for pid in self._pids():
            if attempt := running_in(pid):
                self._stop_if_overdue(attempt)

    def _stop_if_overdue(self, attempt: RunningAttempt) -> None:
        limit_at = attempt.started_at + attempt.time_limit
        asked_at = self._asked_at.get((attempt.job_id, attempt.attempt), limit_at)
        overdue = time.monotonic() - min(limit_at, asked_at) - attempt.cancel_grace
        over_time = limit_at <= asked_at
        if overdue >= FORCE_AFTER_SECONDS:
            self._end_by_force(attempt, _outcome(attempt, over_time))
        elif overdue >= 0:
            logger.info("job %s did not stop in its grace; interrupting it", attempt.job_id)
            interrupt(attempt.pid, attempt.job_id, attempt.attempt, time_limit=over_time)

    def _end_by_force(self, attempt: RunningAttempt, outcome: Outcome) -> None:
        """Freeze, check, kill: a child that has just finished goes on, and its next job is not hit."""
        if not processes.freeze(attempt.pid):
            return
        if running_in(attempt.pid) != attempt:
            processes.thaw(attempt.pid)
            return
        self.outcomes[attempt.job_id, attempt.pid] = outcome
        logger.warning("job %s is ended by force: %s", attempt.job_id, outcome.status)
        process = processes.look(attempt.pid)
        processes.kill([*processes.descendants(attempt.pid), *([process] if process else [])])


def _outcome(attempt: RunningAttempt, over_time: bool) -> Outcome:
    if over_time:
        return failed(
            "time_limit", f"The job ran longer than its time limit of {attempt.time_limit:g} s."
        )
    return Outcome(status=Status.CANCELLED, reason="ended by force: it did not stop when asked")
