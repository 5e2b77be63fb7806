"""The home page: tiles, what needs attention, failures, queues and workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import Status, UpkeepState, Worker
from tests.support import people
from tests.support.factories import make_job, make_jobs, make_user

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
        ("FAILED", "1"),
    ]


def test_the_tile_and_the_header_have_the_same_failures_to_review(viewer):
    failed()
    failed(50)
    failed(acknowledged_at=timezone.now())
    page = viewer.get(HOME)
    tile = page.context["tiles"][-1]
    assert (tile.label, tile.count, page.context["attention"]) == ("To review", "2", "2")
    assert viewer.get(tile.url).context["cl"].result_count == 2


def test_a_job_that_ran_long_is_counted_and_listed_when_it_failed(viewer):
    failed(0.5, created_at=hours_ago(50), started_at=hours_ago(49))
    tile = viewer.get(HOME).context["tiles"][3]
    listed = viewer.get(tile.url)
    assert (tile.count, listed.context["cl"].result_count) == ("1", 1)
    assert "Ended since:" in listed.content.decode()


def test_the_chart_counts_by_hour(viewer):
    for hours in (0, 0, 5):
        make_job(status=Status.COMPLETED, finished_at=hours_ago(hours))
    failed(5)
    chart = viewer.get(HOME).context["chart"]
    assert [hour.counts for hour in chart.hours if any(hour.counts)] == [[1, 1], [2, 0]]
    assert chart.highest == 2


def test_the_header_of_every_page_counts_failures_to_review(viewer):
    failed()
    failed(acknowledged_at=timezone.now())
    for page in (HOME, "/admin/jobs/job/"):
        assert viewer.get(page).context["attention"] == "1"
    assert b"1 to review: see the list" in viewer.get(HOME).content


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
    assert ">app2 (8)</a> was" in page
    assert "is still waiting" in page


def test_a_worker_shows_the_jobs_it_runs(viewer):
    Worker.objects.create(id="w1", host="app1", pid=7, slots=2, queues=["default"])
    make_job(name="At work", status=Status.PROCESSING, worker="w1")
    [(_, current)] = viewer.get(HOME).context["workers"]
    assert [job.name for job in current] == ["At work"]


def test_staff_without_any_right_see_no_figures(client):
    client.force_login(make_user(is_staff=True))
    failed(name="Secret name")
    page = client.get(HOME)
    assert page.status_code == 200
    assert "tiles" not in page.context
    assert b"Secret name" not in page.content


def test_my_active_jobs_begin_with_the_running_ones(client):
    user = people.operator()
    running = make_job(status=Status.PROCESSING, created_by=user, name="Runs since noon")
    make_jobs(20, created_by=user)
    client.force_login(user)
    panel = client.get("/admin/").content.decode().split("My active jobs")[1].split("</section>")[0]
    assert panel.count("<li>") == 6
    assert panel.index(running.name) < panel.index("Job 19")
