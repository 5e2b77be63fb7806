"""The home page: tiles, what needs attention, failures, queues and workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Status, UpkeepState, Worker
from jobs.stats import capped
from tests.support import people
from tests.support.factories import make_job, make_user

# As for the list: the counts limit a statement's time until their transaction ends.
pytestmark = pytest.mark.django_db(transaction=True)

HOME = "/admin/"


def hours_ago(hours):
    return timezone.now() - timedelta(hours=hours)


def failed(hours=0.1, **fields):
    return make_job(status=Status.FAILED, finished_at=hours_ago(hours), **fields)


def test_the_tiles_count_what_is_active_and_what_ended_in_a_day(viewer):
    make_job()
    make_job(status=Status.PROCESSING)
    make_job(status=Status.COMPLETED, finished_at=hours_ago(3))
    make_job(status=Status.COMPLETED, finished_at=hours_ago(30))
    failed()
    tiles = viewer.get(HOME).context["tiles"]
    assert [(tile.status, tile.count) for tile in tiles] == [
        ("PENDING", "1"),
        ("PROCESSING", "1"),
        ("COMPLETED", "1"),
        ("FAILED", "1"),
    ]


def test_the_chart_counts_by_hour(viewer):
    for hours in (0, 0, 5):
        make_job(status=Status.COMPLETED, finished_at=hours_ago(hours))
    failed(5)
    chart = viewer.get(HOME).context["chart"]
    assert [hour.counts for hour in chart.hours if any(hour.counts)] == [[1, 1], [2, 0]]
    assert chart.highest == 2


def test_failures_are_listed_by_type_and_error_with_links_to_their_lists(viewer):
    failed(0.5, error_type="KeyError")
    failed(5, error_type="KeyError")
    failed(50, error_type="KeyError")
    failed(50, error_type="", error_code="worker_lost")
    failed(200, error_type="Old")
    rows = viewer.get(HOME).context["failure_rows"]
    assert [(row.error, [count for count, _ in row.counts]) for row in rows] == [
        ("KeyError", ["1", "2", "3"]),
        ("Worker lost", ["0", "0", "1"]),
    ]
    listed = viewer.get(rows[0].counts[1][1]).context["cl"]
    assert listed.filters.is_valid()
    assert {job.error_type for job in listed.result_list} == {"KeyError"}


def test_a_job_that_ran_long_is_counted_and_listed_when_it_failed(viewer):
    failed(0.5, created_at=hours_ago(50), started_at=hours_ago(49))
    page = viewer.get(HOME)
    (count, link), *_ = page.context["failure_rows"][0].counts
    assert (count, viewer.get(link).context["cl"].result_count) == ("1", 1)
    tile = page.context["tiles"][-1]
    assert (tile.count, viewer.get(tile.url).context["cl"].result_count) == ("1", 1)
    assert "Ended since:" in viewer.get(link).content.decode()


def test_counts_of_failures_end_with_a_plus_if_not_all_were_read(viewer, monkeypatch):
    monkeypatch.setattr(capped, "GLANCE", 3)
    for hours in (0.5, 5, 6, 7):
        failed(hours)
    [row] = viewer.get(HOME).context["failure_rows"]
    assert [count for count, _ in row.counts] == ["1", "3+", "3+"]


def test_the_header_of_every_page_counts_failures_that_are_not_acknowledged(viewer):
    failed()
    failed(acknowledged_at=timezone.now())
    for page in (HOME, "/admin/jobs/job/"):
        assert viewer.get(page).context["attention"] == "1"
    assert b"1 failure not acknowledged: see the list" in viewer.get(HOME).content
    failed()
    assert b"2 failures not acknowledged: see the list" in viewer.get(HOME).content


def test_a_silent_worker_silent_upkeep_and_a_long_wait_need_attention(viewer):
    page = viewer.get(HOME).content.decode()
    assert "No worker is running" in page
    assert "Upkeep has not run yet" in page
    Worker.objects.create(id="w1", host="app1", pid=7, slots=2, queues=["default"])
    Worker.objects.create(id="w2", host="app2", pid=8, slots=2, heartbeat_at=hours_ago(1))
    UpkeepState.objects.create(host="app1", pid=9)
    make_job(created_at=hours_ago(1))
    page = viewer.get(HOME).content.decode()
    assert "No worker is running" not in page
    assert "Until it runs" not in page
    assert "The last heartbeat of worker app2 (8) was" in page
    assert "is still waiting" in page


def test_a_worker_shows_the_jobs_it_runs(viewer):
    Worker.objects.create(id="w1", host="app1", pid=7, slots=2, queues=["default"])
    make_job(name="At work", status=Status.PROCESSING, worker="w1")
    [(_, current)] = viewer.get(HOME).context["workers"]
    assert [job.name for job in current] == ["At work"]


def test_users_who_may_only_launch_see_figures_of_their_own_jobs(client):
    user = people.launcher()
    client.force_login(user)
    failed()
    failed(created_by=user, name="Mine")
    assert [job.name for job in client.get(HOME).context["unseen_failures"]] == ["Mine"]


def test_staff_without_any_right_see_no_figures(client):
    client.force_login(make_user(is_staff=True))
    failed(name="Secret name")
    page = client.get(HOME)
    assert page.status_code == 200
    assert "tiles" not in page.context
    assert b"Secret name" not in page.content
