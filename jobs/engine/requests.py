"""The worker's view of one message: remembers which child took it, for the child that dies without a word."""

from typing import Any

from celery.app.task import Context
from celery.worker.request import Request

# What a message may ask for beyond running the job; from whoever can write to Redis, so never done.
WISHES = ("callbacks", "errbacks", "chain", "chord", "group")


def forget_wishes(context: Context) -> None:
    """Make Celery run the job and nothing else."""
    context.update(dict.fromkeys(WISHES))


class JobRequest(Request):
    """Hands the child's pid on to the result backend, whose request is built from the message alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_limits = (None, None)  # the agent is the only clock, whatever the message says

    def on_accepted(self, pid: int, time_accepted: float) -> Any:
        """Note the pid."""
        forget_wishes(self._context)
        self._context.child_pid = pid
        return super().on_accepted(pid, time_accepted)

    def _success_was_stored(self) -> bool:
        # Celery would ask PostgreSQL here, on the event loop; the agent asks it, fenced.
        return False
