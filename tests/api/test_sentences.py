"""An error says in one sentence what is wrong, and what to send instead."""

import json

import pytest
from django import forms

JOBS = "/api/v1/jobs/"


class Params(forms.Form):
    size = forms.ChoiceField(choices=[("s", "Small"), ("Big", [("l", "Large")])], initial="s")
    colour = forms.ChoiceField(
        choices=[("red", "Red")], initial="red", error_messages={"invalid_choice": "No such paint."}
    )
    number = forms.ChoiceField(choices=[(str(n), str(n)) for n in range(100)], initial="1")


@pytest.fixture
def api(make_client, make_type):
    make_type(slug="paint", label="Paint", form=Params)
    make_type(slug="bare", label="Bare", form=forms.Form)
    return make_client("jobs.add_job")


def sentences(answer):
    body = answer.json()
    return [one["detail"] for one in body["errors"]] or [body["detail"]]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"type": "nope"}, 'There is no job type "nope". GET /api/v1/job-types/ lists them.'),
        ({"type": 1}, "Must be a text."),
        ([], "Must be a JSON object."),
        ({"name": "x" * 201}, "A name has at most 200 characters."),
        ({"name": "a\0b"}, "A name has no control characters."),
        (
            {"type": "paint", "params": {"sise": "s"}},
            "This parameter is not known; allowed: size, colour, number.",
        ),
        ({"type": "bare", "params": {"a": 1}}, "This parameter is not known; none is allowed."),
        (
            {"type": "paint", "params": {"size": "xl"}},
            "Select a valid choice. xl is not one of the available choices: s, l.",
        ),
        ({"type": "paint", "params": {"colour": "blue"}}, "No such paint."),
        (
            {"type": "paint", "params": {"number": "x"}},
            "Select a valid choice. x is not one of the available choices.",
        ),
    ],
)
def test_a_body_has_one_sentence_for_each_fault(api, body, expected):
    assert sentences(api.post(JOBS, body, format="json")) == [expected]


@pytest.mark.parametrize(
    ("method", "address", "headers", "expected"),
    [
        ("get", f"{JOBS}00000000-0000-0000-0000-000000000000/", {}, "It does not exist, or you"),
        ("get", "/api/v1/", {}, "There is no such address. GET /api/v1/schema/ lists them all."),
        ("put", JOBS, {}, "PUT is not allowed here; allowed: GET, POST, HEAD."),
        ("get", JOBS, {"accept": "text/html"}, "The answer is application/json: name it in"),
        ("get", JOBS, {"authorization": ""}, "There is no token. Send one in the header"),
        ("post", JOBS, {"content-type": "text/plain"}, "Send JSON, with Content-Type:"),
    ],
)
def test_a_request_that_is_refused_names_the_right_one(api, method, address, headers, expected):
    kind = headers.pop("content-type", "application/json")
    answer = api.generic(method.upper(), address, b"{}", content_type=kind, headers=headers)
    assert expected in sentences(answer)[0]


def test_a_repeated_key_is_named(api):
    answer = api.generic("POST", JOBS, b'{"name": 1, "name": 2}', content_type="application/json")
    assert sentences(answer) == ['The body is not JSON: the key "name" occurs twice.']


@pytest.mark.parametrize("key", ["\\ud800", "\\u0000", "x" * 200])
def test_a_repeated_key_that_cannot_be_shown_whole_is_refused(api, key):
    text = f'{{"a": 1, "{key}": 1, "{key}": 2}}'
    answer = api.generic("POST", JOBS, text.encode(), content_type="application/json")
    [sentence] = sentences(answer)
    assert answer.status_code == 400
    assert "occurs twice" in sentence
    assert len(sentence) < 100


@pytest.mark.parametrize("slug", ["\ud800", "a\0b", "x" * 10_000])
def test_a_type_that_cannot_be_shown_whole_is_unknown(api, slug):
    answer = api.generic("POST", JOBS, json.dumps({"type": slug}), content_type="application/json")
    assert answer.status_code == 400
    assert len(sentences(answer)[0]) < 200


def test_a_job_that_is_remembered_says_until_when(make_client):
    api = make_client("jobs.add_job", "jobs.cancel_job", "jobs.delete_job")
    job = api.post(JOBS, {"name": "a"}, format="json", headers={"Idempotency-Key": "k"}).json()
    api.post(f"{job['url']}cancel/")
    assert "It can be deleted after 2" in sentences(api.delete(job["url"]))[0]
