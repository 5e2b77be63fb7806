"""What a span of a submission holds, and what is stored with the jobs."""

import random
from unittest import mock

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NoOpTracer, StatusCode

from backoffice.telemetry.export import OwnIds
from backoffice.telemetry.reports import keep_known_parts, without_values
from backoffice.telemetry.spans import SpanTracer, trace_requests
from jobs import services, tracing
from jobs.errors import BrokerUnavailable
from jobs.models import Job, Status
from jobs.services import Launch
from tests.backoffice.telemetry.sites import TRACE, TRACEPARENT
from tests.support.factories import make_job
from tests.support.people import caller_for, operator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def use_tracer():
    yield tracing.use_tracer
    tracing.use_tracer(tracing.Tracer())


@pytest.fixture
def exporter(use_tracer):
    """The spans of this process, each as soon as it has ended."""
    memory, provider = InMemorySpanExporter(), TracerProvider(id_generator=OwnIds())
    provider.add_span_processor(SimpleSpanProcessor(memory))
    use_tracer(SpanTracer(provider.get_tracer("test")))
    with mock.patch("backoffice.telemetry.spans.trace.get_tracer", provider.get_tracer):
        yield memory


@pytest.fixture
def olga(redis, make_type):
    make_type(slug="quick")
    return caller_for(operator())


def test_a_batch_is_one_span_whose_context_each_job_has(olga, exporter):
    services.submit_batch(olga, [Launch(type="quick")] * 2)
    [span] = exporter.get_finished_spans()
    assert span.name == "submit"
    assert span.attributes["messaging.batch.message_count"] == 2
    assert span.attributes["messaging.destination.name"] == "default"
    assert "messaging.message.id" not in span.attributes
    [(stored,)] = set(Job.objects.values_list("traceparent"))
    assert stored == f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


def test_a_job_that_is_launched_again_begins_a_trace_with_a_link_to_the_first(olga, exporter):
    first = make_job(status=Status.COMPLETED, type="quick", traceparent=TRACEPARENT)
    again = services.rerun(olga, first.pk).job
    [span] = exporter.get_finished_spans()
    assert again.trace_id != TRACE
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [TRACE]


def test_a_submission_that_is_refused_is_an_error(olga, exporter, broken_redis):
    with pytest.raises(BrokerUnavailable):
        services.submit(olga, type="quick")
    [span] = exporter.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "BrokerUnavailable"


def test_a_job_keeps_its_callers_trace_where_spans_are_switched_off(olga, use_tracer):
    use_tracer(SpanTracer(NoOpTracer()))
    first = make_job(status=Status.COMPLETED, type="quick", traceparent=TRACEPARENT)
    assert services.rerun(olga, first.pk).job.traceparent == ""
    with tracing.current_tracer().running(first):
        assert first.traceparent == TRACEPARENT


def test_a_client_chooses_no_name_of_a_span_and_static_files_have_none(exporter):
    answer, requests = trace_requests(lambda request: HttpResponse()), RequestFactory()
    answer(requests.generic("BREW", "/coffee"))
    answer(requests.get("/static/admin/base.css"))
    assert [span.name for span in exporter.get_finished_spans()] == ["_OTHER"]


def test_ids_stay_random_where_a_handler_seeds_the_generator():
    ids = set()
    for _ in range(2):
        random.seed(1)
        ids |= {OwnIds().generate_span_id(), OwnIds().generate_trace_id()}
    assert len(ids) == 4


def test_an_event_keeps_nothing_but_known_parts_and_frames_without_variables():
    frame = {"function": "f", "vars": {"password": "p"}}
    parts = dict.fromkeys(("user", "request", "extra", "breadcrumbs", "modules", "threads"), "x")
    values = [{"type": "E", "stacktrace": {"frames": [frame]}}, {"type": "F"}]
    kept = keep_known_parts({**parts, "level": "error", "exception": {"values": values}}, {})
    frames = [{"type": "E", "stacktrace": {"frames": [{"function": "f"}]}}, {"type": "F"}]
    assert kept == {"level": "error", "exception": {"values": frames}}


def test_the_text_of_a_report_has_no_values():
    text = "No order 4711 of 'Ada' (ada@example.com)\nDETAIL: Key (name)=(Ada) exists."
    assert without_values(text) == "no order ~ of ~ ~"
