"""Unexpected errors reach Sentry: grouped as in the admin, without what must stay here."""

import time
from unittest import mock

import pytest
from django.test import RequestFactory

from backoffice import __version__
from backoffice.telemetry.reports import SentryReports
from backoffice.telemetry.variables import ErrorReports
from jobs.models import Job
from tests.backoffice.telemetry.sites import SECRETS, TRACE, TRACEPARENT, monitored
from tests.support.answering import server
from tests.support.polling import wait_until
from tests.support.processes import NOBODY_LISTENS
from tests.support.telemetry import receiving

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def test_only_unexpected_errors_are_reported_and_say_whose_they_are(redis, tmp_path):
    with (
        receiving() as sentry,
        monitored(tmp_path, SENTRY_DSN=sentry.dsn, SENTRY_ENVIRONMENT="trial") as site,
    ):
        for expected in ("succeed", "refuse", "exit_early", "die"):
            site.run(expected)
        job = site.run("fail", traceparent=TRACEPARENT, Cookie=SECRETS[2])
        status, problem = site.post("broken", Cookie=SECRETS[2])
        wait_until(lambda: len(sentry.events()) == 2, 60)
    assert status == 500
    by_process = {one["tags"]["process"]: one for one in sentry.events()}
    assert_report_of_job(by_process["worker"], job)
    web = by_process["web"]
    assert web["transaction"] == "POST /api/v1/jobs/"
    assert web["tags"]["request_id"] == problem["request_id"]
    assert [(one["type"], one["value"]) for one in web["exception"]["values"]] == [
        ("RuntimeError", "")
    ]
    assert web["environment"] == "trial"
    assert not {"user", "request", "extra", "breadcrumbs", "modules"} & set(web)
    assert [secret for secret in SECRETS if secret.encode() in sentry.everything()] == []


def assert_report_of_job(event, job):
    assert event["fingerprint"] == [job.fingerprint]
    assert event["transaction"] == "run fail"
    assert event["release"] == f"backoffice@{__version__}"
    assert event["contexts"]["trace"]["trace_id"] == TRACE
    assert event["tags"] == {
        "job": str(job.pk),
        "job.type": "fail",
        "job.queue": "default",
        "job.attempt": "1",
        "job.error_code": "exception",
        "job.fingerprint": job.fingerprint,
        "request_id": job.request_id,
        "process": "worker",
    }
    values = event["exception"]["values"]
    assert [one["type"] for one in values] == ["KeyError", "ValueError"]
    assert values[-1]["value"] == "no entry for ********"
    assert values[-1]["stacktrace"]["frames"][-1]["function"] == "fail"


@pytest.mark.parametrize("kind", ["dead", "frozen"])
def test_a_server_that_takes_nothing_delays_no_job_and_no_stop(kind, redis, tmp_path):
    with server(None) as frozen:
        address = {"dead": NOBODY_LISTENS, "frozen": frozen.removeprefix("http://")}[kind]
        with monitored(tmp_path, SENTRY_DSN=f"http://public@{address}/42") as site:
            for _ in range(3):
                assert site.run("fail").error_code == "exception"
            took = [one.finished_at - one.started_at for one in Job.objects.all()]
            assert max(took).total_seconds() < 9
            began_at = time.monotonic()
        assert time.monotonic() - began_at < 40


def test_an_error_before_the_header_was_checked_is_reported_without_its_trace():
    reports = SentryReports(ErrorReports(f"http://public@{NOBODY_LISTENS}/42", "trial", 1.0), "web")
    request = RequestFactory().get("/", headers={"traceparent": "not-a-trace"})
    request.resolver_match = None
    with mock.patch.object(reports._client, "capture_event") as capture:
        try:
            raise RuntimeError
        except RuntimeError:
            reports.report_request(None, request)
    [event] = capture.call_args.args
    assert event["transaction"] == "GET unknown"
    assert "contexts" not in event
