"""A job keeps the trace of the request that launched it, at each door, and gives it to children."""

import pytest
from rest_framework.test import APIClient

from jobs import services
from jobs.handler.context import JobContext
from jobs.models import Job, Source, Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

JOBS = "/api/v1/jobs/"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
MALFORMED = TRACEPARENT.upper()


@pytest.fixture
def api(redis, make_type):
    make_type(slug="quick", label="Quick")
    client = APIClient()
    client.force_authenticate(people.operator())
    return client


def post(api, address=JOBS, body=None, traceparent=TRACEPARENT):
    body = {"type": "quick"} if body is None else body
    answer = api.post(address, body, format="json", headers={"traceparent": traceparent})
    assert answer.status_code == 201
    return answer.json()


def test_a_request_of_the_api_gives_its_job_its_trace(api):
    answer = post(api)
    assert Job.objects.get().traceparent == TRACEPARENT
    assert answer["trace_id"] == TRACE
    assert api.get(f"{JOBS}{answer['id']}/").json()["trace_id"] == TRACE


@pytest.mark.parametrize("header", [MALFORMED, f"{TRACEPARENT}, {TRACEPARENT}", "x" * 5000, ""])
def test_a_malformed_header_is_as_none(api, header):
    assert post(api, traceparent=header)["trace_id"] == ""
    assert Job.objects.get().traceparent == ""


def test_each_job_of_a_batch_has_the_trace(api):
    post(api, f"{JOBS}batch/", {"jobs": [{"type": "quick"}] * 3})
    assert set(Job.objects.values_list("traceparent")) == {(TRACEPARENT,)}


def test_a_repeated_request_answers_with_the_trace_of_the_first(api):
    key = {"Idempotency-Key": "k"}
    for traceparent in (TRACEPARENT, TRACEPARENT.replace("4bf", "abc")):
        headers = {**key, "traceparent": traceparent}
        answer = api.post(JOBS, {"type": "quick"}, format="json", headers=headers)
        assert answer.json()["trace_id"] == TRACE


def test_a_launch_in_the_admin_has_the_trace_of_the_proxy_and_its_page_shows_it(
    client, redis, make_type
):
    make_type(slug="quick", label="Quick")
    people.sign_in(client, people.operator())
    sent = {"name": "Traced"}
    client.post("/admin/jobs/job/launch/quick/", sent, headers={"traceparent": TRACEPARENT})
    job = Job.objects.get()
    assert job.traceparent == TRACEPARENT
    assert TRACE in client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()


def test_a_page_of_a_job_without_a_trace_names_none(client):
    people.sign_in(client, people.operator())
    page = client.get(f"/admin/jobs/job/{make_job().pk}/change/").content.decode()
    assert "job-trace" not in page


def test_a_child_has_the_trace_of_its_parent(redis, make_type):
    make_type(slug="quick")
    launched = {"created_by": people.launcher(), "source": Source.API, "traceparent": TRACEPARENT}
    parent = make_job(status=Status.PROCESSING, type="quick", **launched)
    child = JobContext(parent).submit("quick")
    assert Job.objects.get(id=child.id).traceparent == TRACEPARENT


def test_a_job_that_is_launched_again_has_the_trace_of_the_request_that_asked_for_it(api):
    other = TRACEPARENT.replace("4bf", "abc")
    first = make_job(status=Status.COMPLETED, type="quick", traceparent=TRACEPARENT)
    assert post(api, f"{JOBS}{first.pk}/rerun/", {}, other)["trace_id"] == other[3:35]
    assert post(api, f"{JOBS}{first.pk}/rerun/", {}, MALFORMED)["trace_id"] == ""


def test_a_job_of_a_command_has_no_trace(redis, make_type):
    make_type(slug="quick")
    job, _ = services.submit(services.code_caller(name="cron"), type="quick")
    assert (job.traceparent, job.trace_id) == ("", "")
