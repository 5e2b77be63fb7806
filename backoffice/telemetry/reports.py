"""Reports unexpected errors to Sentry: of web requests, and of handlers.

A client of its own, and none of the SDK's integrations: nothing else in the process is changed, and
nothing is sent but what is built here. What leaves the site are types, frames without variables,
ids and names. The text of a handler's exception is sent as its fingerprint reads it, with secrets
masked and values replaced; that of a request is left out, because its secrets are not known.
"""

import hashlib
import sys
from collections.abc import Callable
from typing import Any

import sentry_sdk
from django.core.signals import got_request_exception
from django.db import Error
from django.http import HttpRequest
from sentry_sdk.utils import event_from_exception

from backoffice import __version__
from backoffice.telemetry.variables import ErrorReports
from jobs.database import is_bug
from jobs.errors import Refused, Unavailable
from jobs.lifecycle import Outcome
from jobs.lifecycle.fingerprint import normalized
from jobs.models import Job
from jobs.signals import job_raised
from jobs.trace_context import read_traceparent

FLUSH_REPORTS_SECONDS = 1.0
REPORTED_CHARACTERS = 500
# The parts of an event that are sent; others, such as users, requests and variables, never are.
EVENT_PARTS = (
    *("event_id", "timestamp", "level", "platform", "exception", "tags", "fingerprint"),
    *("transaction", "release", "environment", "server_name", "contexts", "sdk"),
)


class SentryReports:
    """Reports unexpected errors of this process, a "web" or "worker"."""

    def __init__(self, chosen: ErrorReports, kind: str) -> None:
        self._kind = kind
        self._client = sentry_sdk.Client(
            dsn=chosen.dsn,
            environment=chosen.environment,
            release=f"backoffice@{__version__}",
            sample_rate=chosen.share,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            send_client_reports=False,
            include_local_variables=False,
            max_breadcrumbs=0,
            before_send=keep_known_parts,
        )
        job_raised.connect(self.report_job)
        got_request_exception.connect(self.report_request)

    def flush(self) -> None:
        """Send what is in the queue, for a second at most."""
        self._client.flush(timeout=FLUSH_REPORTS_SECONDS)

    def report_job(
        self,
        sender: Any,
        job: Job,
        error: BaseException,
        outcome: Outcome,
        hide: Callable[[object], str],
        **_: Any,
    ) -> None:
        """Receive `job_raised`: report it under the fingerprint that the admin shows."""
        fingerprint = shown_fingerprint(job, outcome)
        tags = {
            "job": str(job.id),
            "job.type": job.type,
            "job.queue": job.queue,
            "job.attempt": str(job.attempt),
            "job.error_code": outcome.error_code,
            "job.fingerprint": fingerprint,
            "request_id": job.request_id,
        }
        grouped = {"fingerprint": [fingerprint], "transaction": f"run {job.type}", "tags": tags}
        self._send(error, hide, grouped, job.traceparent)

    def report_request(self, sender: Any, request: HttpRequest | None = None, **_: Any) -> None:
        """Receive `got_request_exception`; outages and refusals are no errors of the site."""
        error = sys.exception()
        if error is None or request is None or isinstance(error, Refused | Unavailable):
            return
        if isinstance(error, Error) and not is_bug(error):
            return
        route = f"/{request.resolver_match.route}" if request.resolver_match else "unknown"
        tags = {"request_id": request.META.get("HTTP_X_REQUEST_ID", ""), "route": route}
        known = {"transaction": f"{request.method} {route}", "tags": tags}
        self._send(error, lambda text: "", known, request.META.get("HTTP_TRACEPARENT", ""))

    def _send(
        self,
        error: BaseException,
        hide: Callable[[object], str],
        known: dict[str, Any],
        traceparent: str,
    ) -> None:
        """Queue an event of the exception and those behind it, with texts as `hide` shows them."""
        event: Any = event_from_exception(error, client_options=self._client.options)[0]
        for one in event["exception"]["values"]:
            one["value"] = without_values(hide(one.get("value") or ""))
        if known_trace := read_traceparent(traceparent):
            _, trace_id, span_id, _ = known_trace.split("-")
            event["contexts"] = {"trace": {"trace_id": trace_id, "span_id": span_id}}
        known["tags"]["process"] = self._kind
        event.update(known)
        self._client.capture_event(event)


def without_values(text: str) -> str:
    """Return the first line of an exception's text, with numbers, names in quotes, addresses as ~.

    PostgreSQL's details, which quote rows, are on the next line.
    """
    return normalized(text.split("\n", 1)[0])[:REPORTED_CHARACTERS]


def keep_known_parts(event: Any, hint: Any) -> Any:
    """Return the event with nothing but EVENT_PARTS, and frames without variables."""
    kept = {name: event[name] for name in EVENT_PARTS if name in event}
    for one in kept.get("exception", {}).get("values", []):
        for frame in one.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    return kept


def shown_fingerprint(job: Job, outcome: Outcome) -> str:
    """Return the fingerprint as the statement that settles the job stores it, with its type."""
    text = f"{job.type} {outcome.fingerprint}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]
