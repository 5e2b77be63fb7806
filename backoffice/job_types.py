"""Refuses to start a web or worker process with a wrongly declared job type.

Management commands run Django's checks and stop. gunicorn does not run them, and Celery runs them
but goes on.
"""

from typing import Any

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured


def refuse_wrong_types() -> None:
    """Raise ImproperlyConfigured if a job type is wrong, naming each fault and its fix."""
    if errors := [error for error in run_checks(tags=["jobs"]) if error.is_serious()]:
        raise ImproperlyConfigured("\n".join(map(str, errors)))


def stop_worker_with_wrong_types(**kwargs: Any) -> None:
    """Receiver of Celery's worker_init: exit, because Celery only logs other exceptions."""
    try:
        refuse_wrong_types()
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
