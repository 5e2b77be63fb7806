"""The main process's view of one message: reports the attempt of a pool process that died."""

import re
from typing import Any
from uuid import UUID

from billiard.einfo import ExceptionWithTraceback
from celery.exceptions import Ignore, Terminated
from celery.worker.request import Request

from jobs.engine.worker.state import CrashedAttempt, current_worker
from jobs.engine.worker.tasks import JobFailed

EXIT = re.compile(r"signal \d+|exitcode -?\d+")
# The attempt was settled before, there is none, or the worker stops and its agent gives it back.
NO_CRASH = (JobFailed, Ignore, Terminated)


class JobRequest(Request):
    """Celery calls `on_failure` for each task that ended without success, and in no other case."""

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        """Leave it to the agent to end an attempt that its pool process may not have settled.

        Returns at once, for it runs on the event loop. The agent looks at the row, and leaves an
        attempt alone that was settled.
        """
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        worker = current_worker()
        pid = self.worker_pid
        if worker and pid and not isinstance(error, NO_CRASH):
            # The process may have gone on from the job of this message to another.
            job_id = worker.running.job_of(pid) or UUID(self.id)
            worker.running.forget(pid)
            worker.crashes.put(CrashedAttempt(job_id, pid, _describe(error)))
        return super().on_failure(exc_info, *args, **kwargs)

    def _success_was_stored(self) -> bool:
        # Celery would query PostgreSQL here, on the event loop. The agent does it, fenced.
        return False


def _describe(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"worker process lost (exit code {error.code})"
    found = EXIT.search(str(error))
    if found is None:
        return str(error)
    return f"worker process lost ({found.group().replace('exitcode', 'exit code')})"
