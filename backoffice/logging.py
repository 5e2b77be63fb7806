"""Structured logs: one JSON object a line, with the ids of its request and its job."""

import json
import logging
import logging.config
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from celery import current_task

from jobs.trace_context import trace_id_of

request_id: ContextVar[str] = ContextVar("request_id", default="")
trace_id: ContextVar[str] = ContextVar("trace_id", default="")

STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
NOT_FOR_LOGS = {"request"}  # Django's loggers pass the request itself


class JsonFormatter(logging.Formatter):
    """Formats a record as one line; newlines in names and tracebacks are escaped by JSON."""

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
    """Return `request_id` and `trace_id`, in a job those of the request behind it, and `job_id`.

    The process that claims a job puts them on the task's request. Django logs a failed response
    after our middleware has ended, but passes the request, which still has its ids.
    """
    if current_task:
        job = current_task.request
        names = ("request_id", "trace_id")
        ids = {"job_id": job.id, **{name: getattr(job, name, "") for name in names}}
    else:
        answered = getattr(getattr(record, "request", None), "META", {})
        traceparent = answered.get("HTTP_TRACEPARENT", "")
        ids = {"request_id": request_id.get() or answered.get("HTTP_X_REQUEST_ID", "")}
        ids["trace_id"] = trace_id.get() or (traceparent and trace_id_of(traceparent))
    return {name: value for name, value in ids.items() if value}


def configure(config: dict[str, Any]) -> None:
    """LOGGING_CONFIG: apply Django's LOGGING, and log Python's warnings too."""
    logging.config.dictConfig(config)
    logging.captureWarnings(True)


def logging_settings(level: str) -> dict[str, Any]:
    """Return the LOGGING of every process: Django, Celery and gunicorn."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "backoffice.logging.JsonFormatter"}},
        "filters": {"shorten_outages": {"()": "backoffice.log_filters.ShortenOutages"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            # These have handlers of their own; without them their records reach the root's.
            "django": {"handlers": []},
            "django.server": {"handlers": [], "propagate": True},
            "gunicorn.error": {"handlers": [], "propagate": True},
            # Ours has the request's id and the client's address behind the proxies.
            "gunicorn.access": {"handlers": [], "propagate": False},
            # Our own line about each request covers the statuses below 500.
            "django.request": {"level": "ERROR", "filters": ["shorten_outages"]},
            # They log two lines a job that say less than ours, one with the whole result.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # A line for each request that fails; ours says when the collector is away, once.
            "opentelemetry.exporter": {"level": "CRITICAL"},
        },
    }
