"""The Celery application; its settings are the CELERY_ ones in settings.py."""

import os

from celery import Celery
from celery.signals import setup_logging, worker_init

from backoffice.job_types import stop_worker_with_wrong_types

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

app = Celery("backoffice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["jobs.engine.worker"], related_name="startup")
worker_init.connect(stop_worker_with_wrong_types)


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Keep the logging that Django configured: a receiver of this signal turns Celery's own off.

    What the worker prints becomes log records, so that every line of the log is JSON.
    """
    app.log.redirect_stdouts("INFO")
