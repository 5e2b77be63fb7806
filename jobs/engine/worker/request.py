"""The worker's view of one message: remembers which child took it, in case the child dies."""

from typing import Any

from celery.worker.request import Request


class JobRequest(Request):
    """Passes the child's pid to the result backend, whose request holds the message alone."""

    def on_accepted(self, pid: int, time_accepted: float) -> Any:
        """Note the pid."""
        self._context.child_pid = pid
        return super().on_accepted(pid, time_accepted)

    def _success_was_stored(self) -> bool:
        # Celery would ask PostgreSQL here, on the event loop; the agent asks it, fenced.
        return False
