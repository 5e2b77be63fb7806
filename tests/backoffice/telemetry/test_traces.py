"""Spans reach a collector: one trace from the request to the run, without what must stay here."""

import time

import pytest

from jobs.models import Job
from tests.backoffice.telemetry.sites import CALLER, SECRETS, TRACE, TRACEPARENT, monitored
from tests.support.answering import server
from tests.support.polling import wait_until
from tests.support.processes import NOBODY_LISTENS
from tests.support.telemetry import receiving

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def spans_of(collector, *names):
    """The last span of each of these names, once they have arrived."""
    wait_until(lambda: all(collector.spans(name) for name in names), 60)
    return [collector.spans(name)[-1] for name in names]


def test_a_request_its_job_and_the_child_of_that_are_one_trace(redis, tmp_path):
    with receiving() as collector:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address}
        variables["OTEL_EXPORTER_OTLP_HEADERS"] = "api-key=abc"
        with monitored(tmp_path, **variables) as site:
            job = site.run("launch", traceparent=TRACEPARENT)
            child = site.ended(Job.objects.get(parent=job).pk)
            names = ("POST /api/v1/jobs/", "run launch", "run succeed")
            web, run, of_child = spans_of(collector, *names)
            wait_until(lambda: len(collector.spans("submit")) == 2, 60)
            site.run("die")
            after = site.run("succeed")
            wait_until(lambda: len(collector.spans("run succeed")) == 2, 60)
    ids = {one["attributes"]["messaging.message.id"]: one for one in collector.spans("submit")}
    sends = ids[str(job.pk)], ids[str(child.pk)]
    assert {one["trace"] for one in (web, run, of_child, *sends)} == {TRACE}
    chain = [CALLER, web["id"], sends[0]["id"], run["id"], sends[1]["id"], of_child["id"]]
    assert [one["parent"] for one in (web, sends[0], run, sends[1], of_child)] == chain[:-1]
    assert [one["kind"] for one in (web, sends[0], run)] == ["SERVER", "PRODUCER", "CONSUMER"]
    assert job.traceparent == f"00-{TRACE}-{sends[0]['id']}-01"
    assert run["attributes"].items() >= expected(job).items()
    assert web["attributes"]["http.response.status_code"] == "201"
    assert web["attributes"]["http.route"] == "/api/v1/jobs/"
    assert web["attributes"]["backoffice.request_id"] == job.request_id
    assert {one["resource"]["backoffice.process"] for one in collector.spans()} == {"web", "worker"}
    assert collector.requests[0][1]["api-key"] == "abc"
    assert not collector.spans("run die"), "its process was killed"
    assert after.traceparent[3:35] in site.worker_log.read_text(), "log lines have the trace"
    assert [secret for secret in SECRETS if secret.encode() in collector.everything()] == []


def expected(job):
    """The attributes of a run of the job."""
    return {
        "messaging.system": "celery",
        "messaging.operation.type": "process",
        "messaging.operation.name": "run",
        "messaging.destination.name": "default",
        "messaging.message.id": str(job.pk),
        "backoffice.job.type": "launch",
        "backoffice.job.attempt": "1",
        "backoffice.job.status": "COMPLETED",
        "backoffice.request_id": job.request_id,
    }


def test_a_failure_is_an_error_with_frames_and_without_texts(redis, tmp_path):
    with receiving() as collector:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address}
        with monitored(tmp_path, **variables) as site:
            site.run("fail")
            site.run("refuse")
            site.site.ask(f"/api/v1/jobs/?q={SECRETS[2]}", Cookie=SECRETS[2])
            status, _ = site.post("broken")
            names = ("run fail", "run refuse", "POST /api/v1/jobs/", "GET /api/v1/jobs/")
            run, refused, _, listed = spans_of(collector, *names)
            wait_until(lambda: [one for one in collector.spans(names[2]) if one["events"]], 60)
    web = next(one for one in collector.spans(names[2]) if one["events"])
    assert status == 500
    assert (run["status"], refused["status"], web["status"]) == ("ERROR", "ERROR", "ERROR")
    assert run["attributes"]["error.type"] == "ValueError"
    [(name, noted)] = run["events"]
    assert (name, noted["exception.type"]) == ("exception", "ValueError")
    assert "in fail" in noted["exception.stacktrace"]
    assert refused["attributes"]["error.type"] == "NotPermitted"
    assert refused["events"] == []
    assert web["events"][0][1]["exception.type"] == "RuntimeError"
    assert listed["status"] == "UNSET"
    assert [secret for secret in SECRETS if secret.encode() in collector.everything()] == []


@pytest.mark.parametrize("kind", ["dead", "frozen", "refusing"])
def test_a_collector_that_takes_nothing_delays_no_job_and_no_stop(kind, redis, tmp_path):
    with server(None) as frozen, receiving(503) as refusing:
        addresses = {"dead": f"http://{NOBODY_LISTENS}", "frozen": frozen}
        address = addresses.get(kind, refusing.address)
        with monitored(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=address) as site:
            for _ in range(3):
                assert site.run("succeed").status == "COMPLETED"
            assert site.run("die").error_code == "worker_lost"
            assert site.run("succeed").status == "COMPLETED"
            jobs = Job.objects.filter(status="COMPLETED")
            assert max((one.finished_at - one.started_at).total_seconds() for one in jobs) < 9
            began_at = time.monotonic()
        assert time.monotonic() - began_at < 40
    assert site.worker_log.read_text().count("takes no traces") <= 2, "once for each process"
