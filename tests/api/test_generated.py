"""Generated names, params, filters and headers never cause a 500, and no 4xx changes anything."""

import json
from urllib.parse import quote

import pytest
from django import forms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.api.http.filters import ApiFilters
from jobs.models import Job, JobEvent, Upload

JOBS = "/api/v1/jobs/"
REQUESTS = settings(
    max_examples=100,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
TEXT = st.text(st.characters(exclude_categories=()), max_size=220)  # NUL and lone surrogates, too
NUMBER = st.integers() | st.floats() | st.integers(-(10**30), 10**30)
VALUE = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(
    ["a", "true", "FAILED", "PENDING,FAILED", "2026-11-22T00:00:00Z", "id", "-finished_at", "3"]
)
HEADER = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=300)
QUERY = st.dictionaries(
    st.sampled_from([*ApiFilters.base_filters, "ordering", "cursor", "page_size", "count"]) | TEXT,
    WORDS | TEXT,
    max_size=4,
)


class Params(forms.Form):
    text = forms.CharField(required=False)
    count = forms.IntegerField(required=False)
    share = forms.FloatField(required=False)
    price = forms.DecimalField(required=False)
    day = forms.DateField(required=False)
    at = forms.DateTimeField(required=False)
    kinds = forms.MultipleChoiceField(choices=[("a", "A")], required=False)
    anything = forms.JSONField(required=False)
    file = forms.FileField(required=False)


@pytest.fixture
def caller(client, make_type):
    make_type(slug="every", label="Every", form=Params)
    return client


def assert_sound(answer, before):
    """There is no 500, and a refused request has changed nothing."""
    assert answer.status_code < 500, answer.content
    if answer.status_code >= 400:
        assert answer["Content-Type"] == "application/problem+json"
        answer.json()
        assert (Job.objects.count(), JobEvent.objects.count()) == before


def counts():
    return Job.objects.count(), JobEvent.objects.count()


@REQUESTS
@given(
    name=TEXT | VALUE,
    params=VALUE | st.dictionaries(st.sampled_from([*Params.base_fields]), VALUE, max_size=3),
)
def test_any_name_and_params(caller, name, params):
    before = counts()
    body = json.dumps({"name": name, "type": "every", "params": params})
    assert_sound(
        caller.generic("POST", JOBS, body.encode(), content_type="application/json"), before
    )


@REQUESTS
@given(
    query=st.dictionaries(
        st.sampled_from(["name", "type", "size", "sha256"]) | TEXT,
        st.sampled_from(["a.csv", "every", "3", "0" * 64]) | TEXT,
        max_size=4,
    ),
    kind=st.sampled_from(["text/csv", "multipart/form-data; boundary=x", ""]) | HEADER,
    headers=st.dictionaries(
        st.sampled_from(
            ["Repr-Digest", "Content-Digest", "Content-Disposition", "Idempotency-Key"]
        ),
        HEADER,
        max_size=2,
    ),
    content=st.binary(max_size=99),
)
def test_any_upload(caller, own_files, query, kind, headers, content):
    parts = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in query.items())
    path, before = f"/api/v1/uploads/?{parts}", Upload.objects.count()
    sent = caller.generic("POST", path, content, content_type=kind, headers=headers)
    assert_sound(sent, counts())
    assert sent.status_code == 201 or Upload.objects.count() == before


@REQUESTS
@given(query=QUERY)
def test_any_query(caller, query):
    parts = [f"{_quoted(name)}={_quoted(value)}" for name, value in query.items()]
    for address in (JOBS, f"{JOBS}stats/"):
        assert_sound(caller.get(f"{address}?{'&'.join(parts)}"), counts())


@REQUESTS
@given(
    values=st.dictionaries(
        st.sampled_from(
            [
                "Idempotency-Key",
                "If-None-Match",
                "X-Request-ID",
                "Accept",
                "Content-Type",
                "Authorization",
            ]
        ),
        HEADER,
        max_size=3,
    )
)
def test_any_header(caller, values):
    before = counts()
    named = {name: value for name, value in values.items() if name != "Content-Type"}
    kind = values.get("Content-Type", "application/json")
    sent = caller.generic("POST", JOBS, b'{"name": "Every"}', content_type=kind, headers=named)
    assert_sound(sent, before)
    assert_sound(caller.get(JOBS, headers=named), counts())


def _quoted(text):
    return quote(text.encode(errors="surrogatepass"))
