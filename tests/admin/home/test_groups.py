"""The groups of failures to review on the home page, and what is done to them from there."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from jobs.models import Job, Status
from jobs.stats import causes
from tests.support import people
from tests.support.factories import make_job, make_jobs

pytestmark = pytest.mark.django_db(transaction=True)

HOME, LIST = "/admin/", "/admin/jobs/job/"
ONE, OTHER = "1" * 16, "2" * 16


def failed(fingerprint=ONE, hours=0.1, **fields):
    at = timezone.now() - timedelta(hours=hours)
    times = {"created_at": at, "started_at": at, "finished_at": at}
    return make_job(**{"status": Status.FAILED, "fingerprint": fingerprint} | times | fields)


def groups(client):
    return client.get(HOME).context["groups"]


def test_failures_of_one_cause_are_one_group_and_the_last_group_comes_first(viewer):
    failed(hours=5, error_message="old")
    failed(OTHER, hours=3, error_message="other")
    failed(hours=1, error_message="new\nmore")
    rows = groups(viewer)
    assert [(row.message, row.count) for row in rows] == [("new", "2"), ("other", "1")]
    for row, count in zip(rows, (2, 1), strict=True):
        assert viewer.get(f"{LIST}?{row.query}").context["cl"].result_count == count


def test_a_kind_is_new_for_a_day_after_it_was_first_seen_acknowledged_or_not(viewer):
    seen = {"acknowledged_at": timezone.now(), "acknowledged_by": "ann"}
    failed(hours=50, **seen)
    failed(hours=1)
    failed(OTHER, hours=2)
    known, new = groups(viewer)
    assert (known.count, known.is_new) == ("1", False)
    assert (new.count, new.is_new) == ("1", True)
    assert timezone.now() - known.first_seen > timedelta(hours=49)
    assert viewer.get(HOME).content.decode().count(">new<") == 1


def test_the_last_days_are_bars(viewer):
    for hours in (0, 0, 24, 72):
        failed(hours=hours)
    failed(hours=24 * 9)
    [row] = groups(viewer)
    counts = [bar.count for bar in row.bars]
    assert len(counts) == 7
    assert counts[-1] == "2"
    assert sum(map(int, counts)) == 4


def test_a_reviewed_group_is_gone(viewer):
    failed(acknowledged_at=timezone.now())
    assert groups(viewer) == []


def test_failures_without_a_fingerprint_are_grouped_by_type_and_error(viewer):
    failed("", error_type="KeyError")
    failed("", error_type="KeyError")
    failed("", error_type="OSError")
    failed(error_type="KeyError")
    rows = groups(viewer)
    assert sorted((row.title, row.count) for row in rows) == [
        ("KeyError", "1"),
        ("KeyError", "2"),
        ("OSError", "1"),
    ]
    for row in rows:
        listed = viewer.get(f"{LIST}?{row.query}").context["cl"]
        assert str(listed.result_count) == row.count


def test_counts_end_with_a_plus_if_not_all_were_read(viewer, monkeypatch):
    monkeypatch.setattr(causes, "GROUPED_LIMIT", 2)
    make_jobs(3, status=Status.FAILED, fingerprint=ONE)
    assert [row.count for row in groups(viewer)] == ["2+"]


def test_users_who_see_only_own_jobs_see_groups_of_their_own(client):
    user = people.launcher()
    people.sign_in(client, user)
    failed(hours=60, error_message="not yours")
    failed(OTHER, error_message="not yours")
    failed(created_by=user, error_message="yours")
    [row] = groups(client)
    assert (row.message, row.count, row.is_new) == ("yours", "1", True)
    assert sum(int(bar.count) for bar in row.bars) == 1
    assert "not yours" not in client.get(HOME).content.decode()
    address = f"{LIST}confirm/acknowledge/?{row.query}"
    assert client.get(address).context["total"] == 1


def test_a_viewer_is_offered_the_list_alone_and_may_not_ask_for_more(viewer):
    failed()
    assert "confirm/" not in viewer.get(HOME).content.decode()
    for action in ("rerun", "acknowledge", "cancel", "delete"):
        assert viewer.get(f"{LIST}confirm/{action}/?fingerprint={ONE}").status_code == 403


def test_a_link_for_all_asks_first_and_needs_a_filter(operator):
    job = failed()
    for action in ("rerun", "acknowledge", "delete"):
        page = operator.get(f"{LIST}confirm/{action}/?fingerprint={ONE}")
        assert page.context["total"] == 1
        assert operator.get(f"{LIST}confirm/{action}/").url == LIST
        wrong = operator.get(f"{LIST}confirm/{action}/?fingerprint={ONE}&nonsense=1")
        assert wrong.context["total"] == 0
        assert operator.post(f"{LIST}confirm/{action}/?fingerprint={ONE}").status_code == 405
    job.refresh_from_db()
    assert job.acknowledged_at is None
    assert Job.objects.count() == 1


def confirmed(client, address, **more):
    """The page that follows after the form of a confirmation page was sent."""
    page = client.get(address)
    html = page.content.decode()
    form = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', html))
    return client.post(page.context["list_url"], form | more, follow=True)


def test_a_group_is_launched_again_and_its_originals_acknowledged(operator, make_type):
    make_type(slug="quick")
    jobs = [failed(type="quick") for _ in range(3)]
    failed(OTHER)
    [group] = [row for row in groups(operator) if row.count == "3"]
    page = confirmed(operator, f"{LIST}confirm/rerun/?{group.query}")
    message = unescape(next(iter(page.context["messages"])).message)
    assert message.startswith("3 jobs launched again. ")
    shown, acknowledge = re.findall(r'href="([^"]+)"', message)
    listed = operator.get(shown).context["cl"].result_list
    assert {job.rerun_of_id for job in listed} == {job.pk for job in jobs}
    confirmed(operator, acknowledge, note="again")
    seen = Job.objects.filter(acknowledged_note="again")
    assert set(seen) == set(jobs)
    assert [row.count for row in groups(operator)] == ["1"]


def test_acknowledged_rows_are_marked_in_the_list(viewer):
    failed(acknowledged_at=timezone.now(), acknowledged_by="ann", acknowledged_note="known")
    page = viewer.get(LIST).content.decode()
    assert re.search(r'title="Acknowledged by ann [^"]*: known">acknowledged<', page)
