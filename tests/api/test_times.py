"""Times in answers are UTC and end with Z; times in requests have to be RFC 3339."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django import forms
from django.contrib.auth.models import Permission
from django.utils import timezone

from jobs import parameters
from jobs.errors import InvalidParams
from jobs.models import Job, JobEvent, JobLog, SiteLimit
from tests.api.test_rights import ADDRESSES, API, content, full_job
from tests.support.factories import make_hold, make_worker

# Any text that begins like a date and a time, in any zone.
TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}[^\"\\\s]*")
UTC_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


def last_week():
    return timezone.localtime() - timedelta(days=7)


class Since(forms.Form):
    since = forms.DateTimeField(initial=last_week)
    until = forms.DateTimeField(initial=datetime(2026, 7, 1, tzinfo=UTC))


def times_in(answer) -> list[str]:
    return TIME.findall(content(answer))


@pytest.fixture(params=["Europe/Berlin", "America/St_Johns", "UTC"])
def zone(request, settings):
    settings.TIME_ZONE = request.param
    timezone.get_default_timezone.cache_clear()
    yield request.param
    timezone.get_default_timezone.cache_clear()


@pytest.fixture
def dated(client, make_type):
    """A job of the client with a time in each of its columns."""
    make_type(slug="dated", label="Dated", form=Since)
    job = full_job(client.user, cancel_requested_at=timezone.now(), batch_id=uuid4())
    kept = parameters.validate(make_type(form=Since), {})
    Job.objects.filter(id=job.id).update(type="dated", params=kept)
    JobLog.objects.update(at=timezone.now())
    JobEvent.objects.update(at=timezone.now())
    make_hold(id=7, until=timezone.now() + timedelta(days=1))
    SiteLimit.objects.create(type="report", at_most=1, set_by="olga")
    make_worker(drained_at=timezone.now())
    client.user.user_permissions.add(Permission.objects.get(codename="hold_job"))  # sees workers
    return job


WITH_TIMES = {
    *("jobs/", "jobs/stats/", "jobs/{id}/", "jobs/{id}/events/", "jobs/{id}/logs/"),
    *("holds/", "holds/7/", "limits/", "workers/"),
}


@pytest.mark.parametrize("address", sorted(set(ADDRESSES.values()) - {"docs/"}))
def test_every_time_in_every_answer_ends_with_z(zone, quick, client, dated, address):
    found = times_in(client.get(API + address.format(id=dated.id)))
    assert all(UTC_TIME.fullmatch(one) for one in found), found
    if address in WITH_TIMES:
        assert found


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("jobs/", {"name": "x", "type": "dated"}),
        ("jobs/batch/", {"jobs": [{"name": "x", "type": "dated"}]}),
        ("jobs/{id}/rerun/", {}),
        ("jobs/{id}/cancel/", {}),
        ("jobs/", {"name": "x", "type": "dated", "params": {"since": "2026-07-01T00:00:00+02:00"}}),
    ],
)
def test_every_time_in_the_answer_to_a_change_ends_with_z(zone, client, dated, address, body):
    if "cancel" in address:
        Job.objects.filter(id=dated.id).update(status="PENDING", finished_at=None, error_code="")
    found = times_in(client.post(API + address.format(id=dated.id), body, format="json"))
    assert found
    # A time among the params is returned as the caller sent it.
    assert all(UTC_TIME.fullmatch(one) or one.endswith("+02:00") for one in found), found


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T09:30:00Z",
        "2026-11-22t09:30:00z",
        "2026-11-22T09:30:00z",
        "2026-11-22t09:30:00.5+01:00",
        "2026-11-22T09:30:00.123456789Z",
        "2026-11-22T09:30:00-00:00",
        "2024-02-29T23:59:59+23:59",
    ],
)
def test_what_rfc_3339_allows_is_taken_by_filters_and_params(client, dated, text):
    assert client.get(f"{API}jobs/?created_after={quote(text)}").status_code == 200
    body = {"name": "x", "type": "dated", "params": {"since": text}}
    assert client.post(f"{API}jobs/", body, format="json").status_code == 201


@pytest.mark.parametrize(
    "text",
    [
        "2026-W47-7T09:30:00Z",
        "2026W477T093000Z",
        "20261122T093000Z",
        "2026-11-22T093000Z",
        "20261122T09:30:00Z",
        "2026-11-22T09Z",
        "2026-11-22T09:30Z",
        "2026-11-22 09:30:00Z",
        "2026-11-22x09:30:00Z",
        "2026-11-22T09:30:00,5Z",
        "2026-11-22T09:30:00.Z",
        "2026-11-22T09:30:00",
        "2026-11-22T09:30:00+01",
        "2026-11-22T09:30:00+0100",
        "2026-11-22T09:30:00+01:00:30",
        "2026-11-22T09:30:00+24:00",
        "2026-11-22T24:00:00Z",
        "2026-11-22T09:60:00Z",
        "2026-326T09:30:00Z",
        "2026-02-29T09:30:00Z",
        "2026-11-22",
        "٢٠٢٦-11-22T09:30:00Z",
        "2026-11-22T09:30:00Z\n",
        " 2026-11-22T09:30:00Z",
    ],
)
def test_what_rfc_3339_does_not_allow_is_refused_by_filters_and_params(client, dated, text):
    assert client.get(f"{API}jobs/?created_after={quote(text)}").status_code == 400
    body = {"name": "x", "type": "dated", "params": {"since": text}}
    assert client.post(f"{API}jobs/", body, format="json").status_code == 400


class Day(forms.Form):
    day = forms.DateField(required=False)
    hour = forms.TimeField(required=False)


@pytest.mark.parametrize(
    "params",
    [
        {"day": "20261122"},
        {"day": "2026-W47-7"},
        {"day": "2026-1-2"},
        {"day": "2026-11-22T00:00:00"},
        {"hour": "0930"},
        {"hour": "T09:30"},
        {"hour": "09"},
        {"hour": "9:30"},
        {"hour": "24:00"},
        {"hour": "09:30:00,5"},
        {"hour": "09:30Z"},
    ],
)
def test_other_shapes_of_dates_and_times_of_day_are_refused(make_type, params):
    with pytest.raises(InvalidParams):
        parameters.validate(make_type(form=Day), params)


@pytest.mark.parametrize(
    "params", [{"day": "2026-11-22"}, {"hour": "09:30"}, {"hour": "09:30:01.25"}, {"hour": "00:00"}]
)
def test_dates_and_times_of_day_are_taken_in_their_extended_format(make_type, params):
    assert parameters.validate(make_type(form=Day), params)
