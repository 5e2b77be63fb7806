"""The Celery app of the jobs, with this project's logs: `celery --app=backoffice worker`."""

import os

from celery.signals import (
    setup_logging,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
)

# Before the app is made: Celery sets Django up only where this variable is set by then.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

from backoffice.telemetry.process import flush_telemetry, import_telemetry, start_telemetry
from jobs.engine.app import app as app


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Keep the logging that Django configured: a receiver of this signal turns Celery's own off.

    What the worker prints becomes log records, so that every line of the log is JSON.
    """
    app.log.redirect_stdouts("INFO")


@worker_init.connect
def import_before_forks(**_: object) -> None:
    """Import the packages of traces and errors before the pool processes are forked."""
    import_telemetry()


@worker_process_init.connect
def start_in_pool_process(**_: object) -> None:
    """Start traces and reports of errors in this pool process, whose threads are its own."""
    start_telemetry("worker")


@worker_process_shutdown.connect
def flush_pool_process(**_: object) -> None:
    """Send what is left when this pool process ends in order."""
    flush_telemetry()
