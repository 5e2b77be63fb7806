"""A worker takes no job before the database has the tables of its version."""

import logging
import threading
from typing import Any

from celery.signals import worker_init

from jobs.database import await_tables
from jobs.lifecycle import WORKER_DB

logger = logging.getLogger(__name__)


@worker_init.connect
def wait(**kwargs: Any) -> None:
    """Wait in the worker's main process, before it forks; a signal ends it as usual."""
    await_tables(logger, "The worker waits", using=WORKER_DB, stopped=threading.Event())
