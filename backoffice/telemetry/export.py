"""Sends spans to the collector of the environment, by a thread, from a queue with a limit."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Sequence

from django.core.signals import got_request_exception
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.util.re import parse_env_headers

from backoffice import __version__
from backoffice.telemetry.spans import (
    SpanTracer,
    note_exception_of_job,
    note_exception_of_request,
)
from backoffice.telemetry.variables import TraceExport
from jobs.signals import job_raised
from jobs.tracing import use_tracer

FLUSH_SPANS_SECONDS = 1.0

logger = logging.getLogger(__name__)


class SpanExport:
    """Makes spans in this process, a "web" or "worker", and sends them from now on."""

    def __init__(self, chosen: TraceExport, kind: str) -> None:
        headers = parse_env_headers(chosen.headers, liberal=True) if chosen.headers else None
        self._exporter = QuietExporter(OTLPSpanExporter(chosen.endpoint, headers=headers))
        # Not shut down at the exit of the process: that would wait for a silent collector.
        self._provider = TracerProvider(
            resource=describe_process(chosen.service, kind),
            id_generator=OwnIds(),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        trace.set_tracer_provider(self._provider)
        use_tracer(SpanTracer(self._provider.get_tracer("backoffice", __version__)))
        job_raised.connect(note_exception_of_job)
        got_request_exception.connect(note_exception_of_request)

    def flush(self) -> None:
        """Send what is in the queue, for a second at most; nothing while the collector fails."""
        if self._exporter.is_failing:
            return
        # In a thread: the SDK's own time limit does not hold while a request is under way.
        name = "flush traces"
        thread = threading.Thread(target=self._provider.force_flush, name=name, daemon=True)
        thread.start()
        thread.join(FLUSH_SPANS_SECONDS)


def describe_process(service: str, kind: str) -> Resource:
    """Return what the SDK reads from the environment, with names of this process."""
    return Resource.create(
        {
            "service.name": service,
            "service.version": __version__,
            "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
            "backoffice.process": kind,
        }
    )


class OwnIds(IdGenerator):
    """Ids that stay random where a handler seeds Python's generator, from which the SDK takes its.

    None of them is zero, which would mean "no id".
    """

    def generate_trace_id(self) -> int:
        """Return the id of a new trace."""
        return secrets.randbits(128) or 1

    def generate_span_id(self) -> int:
        """Return the id of a new span."""
        return secrets.randbits(64) or 1


class QuietExporter(SpanExporter):
    """Sends spans by `exporter`; logs an outage of the collector once, and its end."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.is_failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; those that the collector does not take are dropped."""
        try:
            result = self._exporter.export(spans)
        except Exception:  # a later export is tried as usual
            logger.exception("the exporter of traces failed")
            result = SpanExportResult.FAILURE
        failed = result is not SpanExportResult.SUCCESS
        if failed and not self.is_failing:
            logger.warning("the collector takes no traces; they are dropped until it does")
        elif self.is_failing and not failed:
            logger.info("the collector takes traces again")
        self.is_failing = failed
        return result

    def shutdown(self) -> None:
        """Stop what is being sent."""
        self._exporter.shutdown()
