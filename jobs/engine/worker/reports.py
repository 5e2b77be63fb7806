"""Reports unexpected exceptions to the monitoring of the site."""

from collections.abc import Callable

from django.db import Error

from jobs.database import Trouble, trouble
from jobs.errors import Refused, Unavailable
from jobs.lifecycle import Outcome
from jobs.models import Job
from jobs.signals import job_raised


def mask_all(text: object) -> str:
    """Return "" for any text: it is not known which parts are secret."""
    return ""


def report_exception(
    job: Job, error: BaseException, outcome: Outcome, hide: Callable[[object], str] = mask_all
) -> None:
    """Send `job_raised`, except for the errors of jobs/errors.py and while PostgreSQL is away."""
    is_outage = isinstance(error, Error) and trouble(error) is Trouble.AWAY
    if not is_outage and not isinstance(error, Refused | Unavailable):
        job_raised.send_robust(Job, job=job, error=error, outcome=outcome, hide=hide)
