"""Reports unexpected exceptions to the monitoring of the site."""

from collections.abc import Callable

from django.db import Error

from jobs.database import Trouble, trouble
from jobs.errors import Refused, Unavailable
from jobs.lifecycle import Outcome
from jobs.models import Job
from jobs.signals import job_raised


def mask_all(text: object) -> str:
    """Return nothing of a text of which it is not known what must be masked."""
    return ""


def report_exception(
    job: Job, error: BaseException, outcome: Outcome, hide: Callable[[object], str] = mask_all
) -> None:
    """Send `job_raised`, unless the error says in words what was refused, or PostgreSQL is away."""
    is_outage = isinstance(error, Error) and trouble(error) is Trouble.AWAY
    if not is_outage and not isinstance(error, Refused | Unavailable):
        job_raised.send_robust(Job, job=job, error=error, outcome=outcome, hide=hide)
