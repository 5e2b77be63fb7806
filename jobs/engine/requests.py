"""The worker's view of one message: remembers which child took it, for the child that dies without a word."""

from typing import Any

from celery.worker.request import Request


class JobRequest(Request):
    """Hands the child's pid on to the result backend, whose request is built from the message alone."""

    def on_accepted(self, pid: int, time_accepted: float) -> Any:
        """Note the pid."""
        self._context.child_pid = pid
        return super().on_accepted(pid, time_accepted)
