"""The counters of this web process, and of the others of the same gunicorn."""

import os
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, values
from prometheus_client.multiprocess import MultiProcessCollector

from backoffice.metrics.web_processes import DIRECTORY, own_place
from jobs.api.schema.codes import CODES
from jobs.database import Trouble
from jobs.signals import broker_failed, database_failed, request_refused

disable_created_metrics()  # else each counter has a second series with the time of its start
if DIRECTORY in os.environ:
    values.ValueClass = values.MultiProcessValue(own_place)

REGISTRY = CollectorRegistry()
DOORS = {"jobs_api": "api", "admin": "admin"}  # by the namespaces of URLs
# Codes of refusals that the API never answers.
CODES_OF_PAGES = ("locked_out",)
COUNTED_REASONS = {*CODES, *CODES_OF_PAGES}

REQUESTS = Counter(
    "backoffice_requests",
    "Requests by the name of their address, method and status.",
    ["endpoint", "method", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS = Histogram(
    "backoffice_request_seconds",
    "Seconds until a response began.",
    ["door"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
    registry=REGISTRY,
)
REFUSED = Counter(
    "backoffice_refused",
    "Requests that were answered with an error, by its code.",
    ["door", "reason"],
    registry=REGISTRY,
)
DATABASE_ERRORS = Counter(
    "backoffice_database_errors",
    "Errors of PostgreSQL by which requests failed, by what they mean.",
    ["kind"],
    registry=REGISTRY,
)
BROKER_ERRORS = Counter(
    "backoffice_broker_errors",
    "Calls of Redis that failed in the web processes, or that they did not try.",
    ["reason"],
    registry=REGISTRY,
)
# All series exist from the start, so that the first error is a rise.
for _kind in Trouble:
    DATABASE_ERRORS.labels(_kind.name.lower())
for _reason in ("failed", "paused", "busy"):
    BROKER_ERRORS.labels(_reason)


def register_counts(registry: CollectorRegistry) -> None:
    """Add the counts of all processes of this gunicorn; without gunicorn, of this process."""
    if DIRECTORY in os.environ:
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)


def count_database_error(sender: Any, kind: Trouble, **_: Any) -> None:
    """Receive `database_failed`."""
    DATABASE_ERRORS.labels(kind.name.lower()).inc()


def count_broker_error(sender: Any, reason: str, **_: Any) -> None:
    """Receive `broker_failed`."""
    BROKER_ERRORS.labels(reason).inc()


def count_refusal(sender: Any, door: str, reason: str, **_: Any) -> None:
    """Receive `request_refused`; a code that no list has counts as "other"."""
    REFUSED.labels(door, reason if reason in COUNTED_REASONS else "other").inc()


database_failed.connect(count_database_error)
broker_failed.connect(count_broker_error)
request_refused.connect(count_refusal)
