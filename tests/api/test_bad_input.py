"""Invalid requests get a 4xx problem that says why, and write nothing."""

import io
import json

import pytest
from django import forms
from django.test import Client

from jobs.models import Job
from tests.support.factories import make_job

JOBS = "/api/v1/jobs/"
DEEP = 100_000


class Params(forms.Form):
    text = forms.CharField(required=False)
    count = forms.IntegerField(required=False)
    anything = forms.JSONField(required=False)


@pytest.fixture
def post(client, make_type):
    """POST raw bytes or text to an address of the API, with a token."""
    make_type(slug="strict", label="Strict", form=Params)

    def post(body, content_type="application/json", address=JOBS, **headers):
        content = body.encode() if isinstance(body, str) else body
        return client.generic("POST", address, content, content_type=content_type, **headers)

    return post


def assert_problem(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert set(body) >= {"type", "title", "status", "detail", "code", "request_id", "errors"}
    assert body["request_id"] == answer["X-Request-ID"]
    for leak in ("Traceback", 'File "', "SELECT", "/jobs/api"):
        assert leak not in str(body)


def with_params(params):
    return json.dumps({"name": "a", "type": "strict", "params": params})


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (with_params({"text": "\x00"}), 400, "/params"),
        (with_params({"text": "\ud800"}), 400, "/params"),
        (with_params({"\udfff": 1}), 400, "/params"),
        ('{"name": "a\\u0000"}', 400, "/name"),
        ('{"name": "a\\ud800"}', 400, "/name"),
        (with_params("x"), 400, "/params"),
        (with_params([1]), 400, "/params"),
        (with_params(1), 400, "/params"),
        (with_params(None), 400, "/params"),
        (with_params({"anything": json.loads("[" * 100 + "]" * 100)}), 400, "/params"),
        # Refused by the parser or by the limit of depth; it depends on the depth of the stack.
        (with_params({"anything": json.loads("[" * 900 + "]" * 900)}), 400, None),
        (with_params({"nothing": 1}), 400, "/params/nothing"),
        (with_params({"a/b~c": 1}), 400, "/params/a~1b~0c"),
        (with_params({"\ud800x": 1}), 400, "/params"),
        (with_params({"count": "1", "text": 1}), 400, "/params/count"),
        (with_params({"text": "x" * 65_536}), 413, "/params"),
        ('{"name": "a", "status": "COMPLETED"}', 400, "/status"),
        ('{"name": "a", "id": "01a20000-0000-7000-8000-000000000000"}', 400, "/id"),
        ('{"name": "a", "created_by": 1}', 400, "/created_by"),
        ('{"name": "a", "worker": "w"}', 400, "/worker"),
        ('{"name": "a", "attempt": 1}', 400, "/attempt"),
        ('{"name": "a", "\\ud800": 1}', 400, "/\ufffd"),
        (json.dumps({"name": "x" * 201}), 400, "/name"),
        ('{"name": ""}', 400, "/name"),
        ('{"name": "  "}', 400, "/name"),
        ('{"name": "a\\nb"}', 400, "/name"),
        ('{"name": "\\u200b\\u2060"}', 400, "/name"),
        ('{"name": "\\u3164\\u2800"}', 400, "/name"),
        ('{"name": null}', 400, "/name"),
        ('{"name": 5}', 400, "/name"),
        ('{"name": true}', 400, "/name"),
        ('{"name": ["a"]}', 400, "/name"),
        ("{}", 400, "/name"),
        ("", 400, "/name"),
        ("[]", 400, ""),
        ('"name"', 400, ""),
        ("null", 400, None),
        ("5", 400, None),
        ('{"name": "a", "type": "none"}', 400, "/type"),
        ('{"name": "a", "type": "STRICT"}', 400, "/type"),
        ('{"name": "a", "type": null}', 400, "/type"),
        ('{"name": "a", "type": 1}', 400, "/type"),
        ('{"name": "a"', 400, None),
        ('{"name": "a"} x', 400, None),
        ("\ufeff{}", 400, None),
        (b'{"name": "\xff"}', 400, None),
        ('{"name": "a", "name": "b"}', 400, None),
        ('{"name": "a", "params": {"count": NaN}}', 400, None),
        ('{"name": "a", "params": {"count": Infinity}}', 400, None),
        ('{"name": "a", "params": {"count": 1e400}}', 400, None),
        ('{"name": "a", "params": {"count": %s}}' % ("9" * 5000), 400, None),
        ('{"name": "a", "params": ' + '{"a":' * DEEP + "1" + "}" * DEEP + "}", 400, None),
        ("[" * DEEP, 400, None),
        (json.dumps({"name": "x" * 2**20}), 413, None),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_a_bad_body_is_refused_and_nothing_is_written(post, body, status, pointer):
    answer = post(body)
    assert_problem(answer, status)
    if pointer is not None:
        assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "{{7*7}}", "=cmd()", "100 %", "naïve ☃", " a "]
)
def test_odd_names_are_taken_as_they_are(post, name, quick):
    answer = post(json.dumps({"name": name}))
    assert answer.status_code == 201
    assert answer.json()["name"] == Job.objects.get().name == name


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x"]
)
def test_other_media_types_are_refused(post, media_type):
    assert_problem(post('{"name": "a"}', content_type=media_type), 415)


def test_an_answer_in_xml_is_refused(client):
    assert_problem(client.get(JOBS, HTTP_ACCEPT="application/xml"), 406)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_methods_that_the_list_does_not_know_are_405(client, method):
    answer = getattr(client, method)(JOBS)
    assert_problem(answer, 405)
    assert "POST" in answer["Allow"]


def test_a_job_is_not_edited(client):
    job = make_job(created_by=client.user)
    for method in (client.put, client.patch):
        assert_problem(method(f"{JOBS}{job.id}/", {"status": "COMPLETED"}, format="json"), 405)
    job.refresh_from_db()
    assert job.status == "PENDING"


def test_queries_are_refused_where_none_is_known(client):
    job = make_job(created_by=client.user)
    for address in (
        f"{JOBS}{job.id}/",
        f"{JOBS}{job.id}/events/",
        f"{JOBS}{job.id}/files/",
        "/api/v1/job-types/",
    ):
        assert_problem(client.get(f"{address}?unknown=1"), 400)


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "", "²"])
def test_a_log_position_is_a_number(client, after):
    job = make_job(created_by=client.user)
    assert_problem(client.get(f"{JOBS}{job.id}/logs/", {"after": after}), 400)


def test_a_log_position_beyond_all_is_the_end(client):
    job = make_job(created_by=client.user)
    assert client.get(f"{JOBS}{job.id}/logs/", {"after": "9" * 30}).status_code == 200


@pytest.mark.parametrize("reason", ["a\x00", "\ud800", "x" * 1001, 5, None, ["a"]])
def test_a_bad_reason_cancels_nothing(client, post, reason):
    job = make_job(created_by=client.user)
    assert_problem(post(json.dumps({"reason": reason}), address=f"{JOBS}{job.id}/cancel/"), 400)
    job.refresh_from_db()
    assert job.status == "PENDING"


@pytest.mark.parametrize(
    "path", ["/api/v1/", "/api/v1/none/", "/api/v1/jobs", "/api/v1/jobs/x/y/z"]
)
def test_unknown_addresses_are_problems_too(client, path):
    assert_problem(client.get(path), 404)


def test_a_foreign_host_is_refused(client):
    assert client.get(JOBS, HTTP_HOST="evil.example").status_code == 400


def test_a_caller_with_too_many_requests_has_to_wait(client, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    assert [client.get(JOBS).status_code for _ in range(3)] == [200, 200, 429]
    answer = client.get(JOBS)
    assert_problem(answer, 429)
    assert 1 <= int(answer["Retry-After"]) <= 31
    assert Client().get(JOBS).status_code == 401


class HungUp(io.BytesIO):
    """A body whose rest never arrives."""

    def read(self, *size):
        raise ConnectionResetError


def test_a_caller_who_hangs_up_halfway_gets_a_400(client):
    assert_problem(
        client.post(
            JOBS, content_type="application/json", **{"wsgi.input": HungUp()}, CONTENT_LENGTH="9"
        ),
        400,
    )
