"""Starts traces and reports of errors in a process that serves requests or runs jobs."""

from importlib import import_module
from typing import Any

from django.conf import settings

# By the setting that asks for it: the module that imports the packages, and its class.
PARTS = {
    "TRACE_EXPORT": ("backoffice.telemetry.export", "SpanExport"),
    "ERROR_REPORTS": ("backoffice.telemetry.reports", "SentryReports"),
}
_parts: list[Any] = []


def import_telemetry() -> dict[str, type]:
    """Return the classes that the site uses; imported before a fork, processes share the memory."""
    return {
        setting: getattr(import_module(module), name)
        for setting, (module, name) in PARTS.items()
        if getattr(settings, setting)
    }


def start_telemetry(kind: str) -> None:
    """Start in this process, after its fork; `kind` is "web" or "worker"."""
    for setting, part in import_telemetry().items():
        _parts.append(part(getattr(settings, setting), kind))


def flush_telemetry() -> None:
    """Send what is left, for two seconds at most; what is not taken by then is dropped."""
    for part in _parts:
        part.flush()
