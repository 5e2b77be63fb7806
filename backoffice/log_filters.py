"""Logs a request that failed because PostgreSQL was in trouble in one line, without traceback."""

import logging

from django.db import Error

from jobs.database import explain, is_bug


class ShortenOutages(logging.Filter):
    """A filter for Django's records of answers of 500 and above; bugs keep their traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten the record of an outage in place; let every record pass."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, Error):
            error = error.__cause__  # a service raised its own exception from PostgreSQL's
        if isinstance(error, Error) and not is_bug(error):
            record.msg, record.args = f"{explain(error)} {record.getMessage()}", ()
            record.exc_info = None
        return True
