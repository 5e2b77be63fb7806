"""Days and months in words, in the reader's zone; a bulk job gets them as moments."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from jobs.filters import JobFilters, with_fixed_times
from jobs.filters.periods import PERIOD_LABELS, period_ends
from tests.support import people
from tests.support.factories import id_of, make_job, make_jobs

BERLIN = "Europe/Berlin"
LIST = "/admin/jobs/job/"


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", "2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200"),
        ("yesterday", "2026-03-28 00:00 +0100", "2026-03-29 00:00 +0100"),
        ("7d", "2026-03-23 00:00 +0100", "2026-03-30 00:00 +0200"),
        ("30d", "2026-02-28 00:00 +0100", "2026-03-30 00:00 +0200"),
        ("month", "2026-03-01 00:00 +0100", "2026-03-30 00:00 +0200"),
        ("last-month", "2026-02-01 00:00 +0100", "2026-03-01 00:00 +0100"),
    ],
)
def test_a_period_is_of_days_of_the_current_zone(name, start, end):
    now = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # already the 29th, when summer time begins
    with timezone.override(BERLIN):
        found = [f"{at:%Y-%m-%d %H:%M %z}" for at in period_ends(name, now)]
    assert found == [start, end]
    assert name in PERIOD_LABELS


def test_times_for_a_bulk_job_are_moments():
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    query = QueryDict(
        "created=yesterday&created_after=2026-11-29T10:00&ended=today&q=a&status=FAILED"
    )
    with timezone.override(BERLIN):
        fixed = with_fixed_times(query, now)
    assert dict(fixed.items()) == {
        "q": "a",
        "status": "FAILED",
        "created_after": "2026-11-29T09:00:00Z",
        "created_before": "2026-11-29T23:00:00Z",
        "finished_after": "2026-11-29T23:00:00Z",
        "finished_before": "2026-11-30T23:00:00Z",
    }


@pytest.mark.django_db
def test_days_count_from_the_moment_of_the_confirmation():
    now = timezone.now()
    job = make_job(id=id_of(now - timedelta(days=1)), created_at=now - timedelta(days=1))
    query = {"created": "today"}
    assert list(JobFilters(query, as_of=now - timedelta(days=1)).qs) == [job]
    assert list(JobFilters(query, as_of=now).qs) == []


@pytest.mark.django_db(transaction=True)
def test_a_bulk_job_means_the_day_of_the_browser(client, redis):
    """In Kiritimati, 14 hours ahead, another part of the jobs is of today than in UTC."""
    client.force_login(people.superuser())
    client.cookies["zone"] = "Pacific/Kiritimati"
    make_jobs(101, status="FAILED", created_at=timezone.now())
    with timezone.override("Pacific/Kiritimati"):
        start, end = period_ends("today", timezone.now())
    sent = {"action": "acknowledge", "_selected_action": "x", "select_across": "1", "index": 0}
    page = client.post(f"{LIST}?created=today&status=FAILED", sent)
    assert page.context["total"] == 101
    confirmed = sent | {"confirmed": "yes", "as_of": page.context["as_of"]}
    answer = client.post(f"{LIST}?created=today&status=FAILED", confirmed, follow=True)
    filters = answer.context["job"].params["filters"]
    assert QueryDict(filters)["created_after"] == f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    assert QueryDict(filters)["created_before"] == f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("../../etc/passwd", "UTC"),
        ("Nowhere", "UTC"),
        ("", "UTC"),
    ],
)
def test_pages_are_in_the_zone_of_the_cookie_if_there_is_one(client, cookie, shown):
    client.force_login(people.viewer())
    client.cookies["zone"] = cookie
    assert f"Times are in {shown}" in client.get(LIST).content.decode()
    assert timezone.get_current_timezone_name() == "UTC"
