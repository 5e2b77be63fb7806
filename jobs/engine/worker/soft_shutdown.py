"""How long a worker that stops waits for its running jobs."""

import time

from jobs.engine.worker.state import WorkerState

BETWEEN_POLLS_SECONDS = 0.1
# A message can be on its way to a pool process, which has not taken its job yet.
IDLE_POLLS = 3


def wait_for_jobs(worker: WorkerState, seconds: float) -> None:
    """Wait until no job runs, at most `seconds`; the pool processes begin no more from now on.

    Celery's own soft shutdown waits the whole time if a job runs when the stop begins: its event
    loop, which would see the job end, stands still in the handler of the signal.
    """
    worker.backlog.close()
    ends_at = time.monotonic() + seconds
    idle_polls = 0
    while idle_polls < IDLE_POLLS and time.monotonic() < ends_at:
        time.sleep(BETWEEN_POLLS_SECONDS)
        idle_polls = 0 if worker.running.holders() else idle_polls + 1
