"""Refuses to start a web process with a wrongly declared job type.

Management commands run Django's checks and stop, and workers do (jobs/engine/worker/startup.py);
gunicorn does not run them.
"""

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured


def refuse_wrong_types() -> None:
    """Raise ImproperlyConfigured if a job type is wrong, naming each fault and its fix."""
    if errors := [error for error in run_checks(tags=["jobs"]) if error.is_serious()]:
        raise ImproperlyConfigured("\n".join(map(str, errors)))
