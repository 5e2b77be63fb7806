"""Signals for monitoring: what failed or was refused in this process.

Receivers run in the thread in which it happened, so they must be quick; an error of theirs is
logged. The web's own receivers count for /metrics (`backoffice/metrics/counts.py`).
"""

from django.dispatch import Signal

# A request failed by an error of PostgreSQL. `kind` is a jobs.database.Trouble. Errors that code
# expects and handles, such as a violated constraint, are not sent.
database_failed = Signal()

# Redis did not take a command. `reason` is "failed", "paused" (after a failure that took long, the
# process asks nothing for some seconds) or "busy" (all its connections were in use).
broker_failed = Signal()

# A request was answered with a refusal. `door` is "api" or "admin", `reason` the code of the error.
request_refused = Signal()

# A handler or the job system raised an unexpected exception in a worker: none of jobs/errors.py,
# and no outage of PostgreSQL. Arguments: `job`, `error`, the `outcome` of the attempt, and `hide`,
# which masks the job's secrets in a text.
job_raised = Signal()


def send_refusal(door: str, reason: str) -> None:
    """Send `request_refused`."""
    request_refused.send_robust(None, door=door, reason=reason)
