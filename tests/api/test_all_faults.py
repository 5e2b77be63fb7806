"""One answer names every fault of a request: of its query, its headers, its body and its params."""

import pytest
from django import forms

from jobs.models import Job
from tests.support.factories import make_job

JOBS = "/api/v1/jobs/"


class Params(forms.Form):
    count = forms.IntegerField(required=False, max_value=9)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], initial="a")
    at = forms.DateTimeField(required=False)
    email = forms.EmailField(required=False)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("since") and cleaned.get("until") and cleaned["until"] < cleaned["since"]:
            self.add_error("until", "The period ends before it begins.")
        if "count" in cleaned and not cleaned["count"]:
            raise forms.ValidationError("Count something.")
        return cleaned


@pytest.fixture(autouse=True)
def strict(make_type, settings):
    settings.JOBS_DEFAULT_TYPE = "strict"
    return make_type(slug="strict", label="Strict", form=Params)


def named(answer, status=400):
    """The pointers, parameters and headers that the errors name."""
    assert answer.status_code == status, answer.content
    errors = answer.json()["errors"]
    assert len(errors) == len({tuple(one.values()) for one in errors}), errors
    return {one.get("pointer", one.get("parameter", one.get("header"))) for one in errors}


BAD = {"count": "x", "kind": "c", "at": "2026-W01", "nothing": 1}
BAD_PLACES = {"/params/count", "/params/kind", "/params/at", "/params/nothing"}


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({"name": "", "unknown": 1}, {"/name", "/unknown"}),
        ({"unknown": 1, "other": 2}, {"/name", "/unknown", "/other"}),
        ({"name": 5, "type": 1, "params": 2, "id": 3}, {"/name", "/type", "/params", "/id"}),
        ({"name": "x" * 201, "type": "strict", "params": BAD}, {"/name"} | BAD_PLACES),
        ({"name": "ok", "status": 1, "params": BAD}, {"/status"} | BAD_PLACES),
        ({"type": "strict", "unknown": 1, "params": BAD}, {"/unknown"} | BAD_PLACES),
        ({"name": "a\nb", "type": "none", "params": BAD}, {"/name", "/type"}),
        ({"name": "", "type": "strict", "params": {"count": 10}}, {"/name", "/params/count"}),
        ({"type": "strict", "params": BAD | {"email": "x"}}, BAD_PLACES | {"/params/email"}),
        (
            {
                "type": "strict",
                "params": {"count": "x", "since": "2026-02-02", "until": "2026-01-01"},
            },
            {"/params/count", "/params/until"},
        ),
        # The type is not known, so its params are not checked.
        ({"name": "", "params": BAD}, {"/name"}),
    ],
)
def test_a_submission_and_a_batch_name_all_faults_of_the_body(client, body, places):
    assert named(client.post(JOBS, body, format="json")) == places
    batch = {"jobs": [body, {"type": "strict", "params": {"count": 1}}, body], "x": 1}
    expected = {f"/jobs/{index}{place}" for index in (0, 2) for place in places} | {"/x"}
    assert named(client.post(f"{JOBS}batch/", batch, format="json")) == expected
    assert not Job.objects.exists()


def test_faults_of_query_header_body_and_params_are_named_together(client):
    done = make_job(type="strict", params={"count": 1}, status="COMPLETED", created_by=client.user)
    sent = {"format": "json", "headers": {"Idempotency-Key": "with space"}}
    common = {"a", "b", "Idempotency-Key"}
    bad = {"type": "strict", "params": BAD}
    assert named(client.post(f"{JOBS}?a=1&b=2", bad, **sent)) == common | BAD_PLACES
    batch = {"jobs": [bad]}
    assert named(client.post(f"{JOBS}batch/?a=1&b=2", batch, **sent)) == common | {
        f"/jobs/0{place}" for place in BAD_PLACES
    }
    again = {"params": BAD, "y": "x"}
    assert named(
        client.post(f"{JOBS}{done.id}/rerun/?a=1&b=2", again, **sent)
    ) == common | BAD_PLACES | {"/y"}
    reason = {"reason": 5, "x": 1}
    assert named(client.post(f"{JOBS}{done.id}/cancel/?a=1&b=2", reason, **sent)) == {
        "a",
        "b",
        "/reason",
        "/x",
    }
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "query", "places"),
    [
        ("", "page_size=201&count=maybe&x=1&status=NO", {"page_size", "count", "x", "status"}),
        ("", "ordering=up&cursor=x&created_after=now&id=1", {"ordering", "created_after", "id"}),
        ("", "cursor=x&page_size=0&type=&type=a", {"cursor", "page_size", "type"}),
        (
            "",
            "ordering=-finished_at&count=1&started_before=W",
            {"ordering", "count", "started_before"},
        ),
        (
            "stats/",
            "x=1&status=NO&created_after=2026-01-01T00:00:00Z",
            {"x", "status", "created_after"},
        ),
        ("stats/", "x=1&created_before=now&page_size=1", {"x", "created_before", "page_size"}),
        ("{id}/", "wait=31&x=1&y=", {"wait", "x", "y"}),
        ("{id}/logs/", "after=-1&x=1", {"after", "x"}),
        ("{id}/events/", "after=-1&x=1", {"after", "x"}),
    ],
)
def test_a_query_is_refused_with_all_its_faults(client, address, query, places):
    job = make_job(created_by=client.user)
    answer = client.get(f"{JOBS}{address.format(id=job.id)}?{query}")
    assert answer.json()["code"] == "invalid_query"
    assert named(answer) == places


def test_params_that_are_too_large_stay_413_beside_other_faults(client):
    body = {"type": "strict", "x": 1, "params": {"email": "x" * 70_000}}
    assert named(client.post(JOBS, body, format="json"), 413) == {"/x", "/params"}


def test_a_caller_without_the_permission_learns_nothing_of_the_params(make_client, make_type):
    make_type(slug="closed", label="Closed", form=Params, permission="auth.view_user")
    client = make_client("jobs.add_job")
    body = {"type": "closed", "x": 1, "params": BAD}
    assert named(client.post(JOBS, body, format="json")) == {"/x"}
    del body["x"]
    assert client.post(JOBS, body, format="json").status_code == 403
