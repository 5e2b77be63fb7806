"""Spans of web requests, of the sending of jobs, and of their runs.

They hold names, ids, statuses and the frames of exceptions: no parameters, no addresses with what
users typed, and no texts of exceptions. The attributes are those of OpenTelemetry's conventions for
HTTP and messaging; those without a convention begin with `backoffice.`.
"""

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode

from backoffice.middleware import METHODS
from jobs.lifecycle import Outcome
from jobs.models import Job, Status
from jobs.trace_context import read_traceparent, write_traceparent
from jobs.tracing import Tracer

NOTED_FRAMES = 20
# Exceptions are noted as frames, by the receivers below; the SDK would add their texts.
WITHOUT_TEXTS: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
SYSTEM = "celery"


class SpanTracer(Tracer):
    """Makes a span of each sending of jobs, and of each run, in the trace of their request."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def sending(self, jobs: Sequence[Job]) -> Iterator[None]:
        """Make a span, whose context the jobs store, in which they are stored and published.

        Jobs that are launched again belong to the trace of this request, with links to the traces
        of the first ones.
        """
        is_inside = trace.get_current_span().get_span_context().is_valid
        with self._tracer.start_as_current_span(
            "submit",
            context=None if is_inside else parent_context(jobs[0].traceparent),
            kind=SpanKind.PRODUCER,
            attributes=_messaging("send", "submit", jobs),
            links=[Link(one) for one in map(_first_run, jobs) if one is not None],
            **WITHOUT_TEXTS,
        ) as span:
            own = traceparent_of(span)
            for job in jobs:
                job.traceparent = own or job.traceparent
            with marking_errors(span):
                yield

    @contextmanager
    def running(self, job: Job) -> Iterator[Callable[[Outcome], None]]:
        """Make a span of an attempt, below the span that sent the job."""
        with self._tracer.start_as_current_span(
            f"run {job.type}",
            context=parent_context(job.traceparent),
            kind=SpanKind.CONSUMER,
            attributes=_messaging("process", "run", [job])
            | {"backoffice.job.attempt": job.attempt, "backoffice.request_id": job.request_id},
            **WITHOUT_TEXTS,
        ) as span:
            job.traceparent = traceparent_of(span) or job.traceparent
            with marking_errors(span):
                yield partial(_note_outcome, span)


def trace_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Make a span of each request, which takes the place of the one in its `traceparent`.

    Scripts and styles have none: a page would have a dozen.
    """
    tracer = trace.get_tracer("backoffice")

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(settings.STATIC_URL):
            return get_response(request)
        method = str(request.method) if request.method in METHODS else "_OTHER"
        given = read_traceparent(request.META.get("HTTP_TRACEPARENT", ""))
        with tracer.start_as_current_span(
            method,
            context=parent_context(given),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method},
            **WITHOUT_TEXTS,
        ) as span:
            request.META["HTTP_TRACEPARENT"] = traceparent_of(span) or given
            response = get_response(request)
            _note_response(span, method, request, response)
            return response

    return middleware


def _note_response(span: Span, method: str, request: HttpRequest, response: HttpResponse) -> None:
    """Note the route, which is a pattern: the path has ids and what people typed."""
    span.set_attribute("http.response.status_code", response.status_code)
    span.set_attribute("backoffice.request_id", request.META.get("HTTP_X_REQUEST_ID", ""))
    if request.resolver_match is not None:
        span.set_attribute("http.route", f"/{request.resolver_match.route}")
        span.update_name(f"{method} /{request.resolver_match.route}")
    if response.status_code >= 500:
        span.set_attribute("error.type", str(response.status_code))
        span.set_status(StatusCode.ERROR)


def _messaging(type: str, name: str, jobs: Sequence[Job]) -> dict[str, Any]:
    """Return the attributes of an operation; those that differ between the jobs are left out."""
    common: dict[str, Any] = {
        "messaging.destination.name": {job.queue for job in jobs},
        "messaging.message.id": {str(job.id) for job in jobs},
        "backoffice.job.type": {job.type for job in jobs},
    }
    attributes: dict[str, Any] = {
        "messaging.system": SYSTEM,
        "messaging.operation.type": type,
        "messaging.operation.name": name,
        **{key: values.pop() for key, values in common.items() if len(values) == 1},
    }
    return attributes | ({"messaging.batch.message_count": len(jobs)} if len(jobs) > 1 else {})


def _note_outcome(span: Span, outcome: Outcome) -> None:
    span.set_attribute("backoffice.job.status", str(outcome.status))
    if outcome.status == Status.FAILED:
        span.set_attribute("backoffice.job.error_code", outcome.error_code)
        span.set_attribute("error.type", outcome.error_type or outcome.error_code)
        span.set_status(StatusCode.ERROR)


@contextmanager
def marking_errors(span: Span) -> Iterator[None]:
    """Give the span the type of an exception that leaves the block."""
    try:
        yield
    except BaseException as error:
        span.set_attribute("error.type", type(error).__qualname__)
        span.set_status(StatusCode.ERROR)
        raise


def note_exception_of_job(sender: Any, error: BaseException, **_: Any) -> None:
    """Receive `job_raised`."""
    note_exception(error)


def note_exception_of_request(sender: Any, **_: Any) -> None:
    """Receive Django's `got_request_exception`."""
    if error := sys.exception():
        note_exception(error)


def note_exception(error: BaseException) -> None:
    """Note the type and the frames of an exception on the current span, without its text."""
    frames = traceback.format_tb(error.__traceback__)[-NOTED_FRAMES:]
    kind = type(error).__qualname__
    attributes = {"exception.type": kind, "exception.stacktrace": "".join(frames)}
    trace.get_current_span().add_event("exception", attributes)


def parent_context(traceparent: str) -> Context:
    """Return the context whose span is that of the header; an empty one, of no span, for ""."""
    found = _span_context(traceparent)
    return (
        Context()
        if found is None
        else trace.set_span_in_context(NonRecordingSpan(found), Context())
    )


def _first_run(job: Job) -> SpanContext | None:
    return _span_context(job.rerun_of.traceparent) if job.rerun_of else None


def _span_context(traceparent: str) -> SpanContext | None:
    if not (known := read_traceparent(traceparent)):
        return None
    _, trace_id, span_id, flags = known.split("-")
    flag = trace.TraceFlags(int(flags, 16))
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=flag)


def traceparent_of(span: Span) -> str:
    """Return the header of a span; "" if spans are switched off."""
    own = span.get_span_context()
    if not own.is_valid:
        return ""
    return write_traceparent(f"{own.trace_id:032x}", f"{own.span_id:016x}", int(own.trace_flags))
