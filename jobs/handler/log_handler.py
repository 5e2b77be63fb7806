"""Copies what a handler logs through `logging` to its job's log."""

import logging
from collections.abc import Callable

# The job system's own lines do not belong in a job's log.
IGNORED_LOGGERS = (
    "jobs.database",
    "jobs.engine",
    "jobs.handler",
    "jobs.lifecycle",
    "jobs.services",
    "jobs.storage",
    "jobs.tracing",
    "celery",
    "django.db",
    "opentelemetry",  # threads of the site's monitoring
    "sentry_sdk",
    "botocore.credentials",  # where they were found, when a file is saved to a bucket
)


class LogHandler(logging.Handler):
    """A context manager: in its block `log(message, level)` is called for each record."""

    def __init__(self, log: Callable[[str, str], object]) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def __enter__(self) -> None:
        logging.getLogger().addHandler(self)

    def __exit__(self, *error: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Add the record to the job's log."""
        if record.name.startswith(IGNORED_LOGGERS):
            return
        try:
            self._log(self.format(record), record.levelname)
        except Exception:  # a bad format string of the handler must not end the job
            self.handleError(record)
