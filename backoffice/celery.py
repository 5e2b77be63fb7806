"""The Celery app of the jobs, with this project's logs: `celery --app=backoffice worker`."""

import os

from celery.signals import setup_logging

# Before the app is made: Celery sets Django up only where this variable is set by then.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

from jobs.engine.app import app as app


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Keep the logging that Django configured: a receiver of this signal turns Celery's own off.

    What the worker prints becomes log records, so that every line of the log is JSON.
    """
    app.log.redirect_stdouts("INFO")
