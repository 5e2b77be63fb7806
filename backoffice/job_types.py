"""Refuses to start a web or worker process with a job type that could only fail later.

Management commands run Django's checks and stop; gunicorn runs none, and Celery runs them and goes
on.
"""

from typing import Any

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured


def refuse_wrong_types() -> None:
    """Raise ImproperlyConfigured, which names each wrong type and what to do."""
    if errors := [error for error in run_checks(tags=["jobs"]) if error.is_serious()]:
        raise ImproperlyConfigured("\n".join(map(str, errors)))


def stop_worker_with_wrong_types(**kwargs: Any) -> None:
    """Do the same at Celery's worker_init, which logs other exceptions and goes on."""
    try:
        refuse_wrong_types()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
