"""Structured logs: one JSON object a line, with the ids of the request and the job it belongs to."""

import json
import logging
import logging.config
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from celery import current_task

request_id: ContextVar[str] = ContextVar("request_id", default="")

STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
NOT_FOR_LOGS = {"request"}  # Django's loggers pass the request itself


class JsonFormatter(logging.Formatter):
    """One record, one line: a newline in a name or a traceback stays inside its JSON string."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "pid": record.process,
            **ids_of(record),
            **{k: v for k, v in vars(record).items() if k not in STANDARD | NOT_FOR_LOGS},
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def ids_of(record: logging.LogRecord) -> dict[str, str]:
    """The request being answered, or the job being run and the request that asked for it.

    A job's request id is `request_id` on its task's request, put there by the process that claimed
    it. What Django says of an answer it says when our middleware is through, but it passes the
    request.
    """
    if current_task:
        job = current_task.request
        ids = {"job_id": job.id, "request_id": getattr(job, "request_id", "")}
    else:
        answered = getattr(getattr(record, "request", None), "META", {})
        ids = {"request_id": request_id.get() or answered.get("HTTP_X_REQUEST_ID", "")}
    return {name: value for name, value in ids.items() if value}


def configure(config: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG: as usual, and Python's warnings are records too."""
    logging.config.dictConfig(config)
    logging.captureWarnings(True)


def logging_settings(level: str) -> dict[str, Any]:
    """The LOGGING of every process, for Django, Celery and gunicorn alike."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "backoffice.logging.JsonFormatter"}},
        "filters": {"shorten_outages": {"()": "backoffice.log_filters.ShortenOutages"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            # These bring handlers of their own; without them they reach the root's like all others.
            "django": {"handlers": []},
            "django.server": {"handlers": [], "propagate": True},
            "gunicorn.error": {"handlers": [], "propagate": True},
            # Our own line knows the request's id and the client behind the proxies.
            "gunicorn.access": {"handlers": [], "propagate": False},
            # Our own line about each request says it for the answers below 500.
            "django.request": {"level": "ERROR", "filters": ["shorten_outages"]},
            # Two lines a job that say less than ours, one of them with the whole result.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
