"""The refresh of the home page: only regions that changed, at most three queries."""

import pytest
from django.utils import timezone

from jobs.admin import picture
from jobs.models import Job, Status, UpkeepState
from tests.admin.test_queries import queries
from tests.support import people
from tests.support.factories import make_job, make_worker

pytestmark = pytest.mark.django_db(transaction=True)

HOME, LIVE = "/admin/", "/admin/live/"


def tags_of(page):
    regions = page.context["regions"]
    return ",".join(f"{name}.{region.tag}" for name, region in regions.items())


@pytest.fixture
def quiet():
    """A system with a worker and upkeep, both with fresh heartbeats."""
    UpkeepState.objects.create(host="app1", pid=1)
    return make_worker()


def test_a_page_without_changes_is_answered_304_also_after_a_heartbeat(viewer, quiet):
    make_job(status=Status.PROCESSING)
    tags = tags_of(viewer.get(HOME))
    answer = viewer.get(LIVE, {"tags": tags})
    assert answer.json() == {"regions": {}, "attention": "", "held": ""}
    quiet.heartbeat_at = timezone.now()
    quiet.save()
    again = viewer.get(LIVE, {"tags": tags}, headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


def test_only_the_regions_that_changed_are_sent(viewer, quiet):
    tags = tags_of(viewer.get(HOME))
    make_job(status=Status.FAILED, error_message="Stock")
    answer = viewer.get(LIVE, {"tags": tags}).json()
    assert answer["regions"].keys() == {"tiles", "attention", "chart", "failures"}
    assert "Stock" in answer["regions"]["failures"]["html"]
    assert answer["attention"] == "1"


def test_a_worker_that_falls_silent_is_seen(viewer, quiet):
    tags = tags_of(viewer.get(HOME))
    type(quiet).objects.update(heartbeat_at=timezone.now() - timezone.timedelta(hours=1))
    answer = viewer.get(LIVE, {"tags": tags}).json()
    assert "No worker is running" in answer["regions"]["attention"]["html"]


def test_the_refresh_shows_what_the_page_shows(viewer, quiet):
    for status in Status:
        make_job(status=status, created_by=viewer.user)
    page = viewer.get(HOME)
    answer = viewer.get(LIVE).json()
    assert {name: one["tag"] for name, one in answer["regions"].items()} == {
        name: region.tag for name, region in page.context["regions"].items()
    }


def test_a_launcher_is_sent_figures_of_own_jobs_only(client, quiet):
    vera, lena = people.viewer(), people.launcher()
    make_job(status=Status.FAILED, name="Not yours")
    people.sign_in(client, vera)
    assert client.get(LIVE).json()["attention"] == "1"
    people.sign_in(client, lena)
    answer = client.get(LIVE)
    assert answer.json()["attention"] == ""
    assert "Not yours" not in answer.content.decode()


@pytest.mark.parametrize("address", [HOME, LIVE])
def test_home_and_its_refresh_take_few_queries(viewer, quiet, address):
    for status in Status:
        make_job(status=status)
    picture.clear_pictures()
    # The page counts the failures of its header apart, as every page does.
    assert len(queries(viewer, address)) <= (4 if address == HOME else 3)
    assert Job.objects.exists()


@pytest.mark.parametrize("tags", ["x", "tiles", "tiles.x,,.", "a" * 3000])
def test_nonsense_for_tags_is_answered_with_every_region(viewer, quiet, tags):
    assert len(viewer.get(LIVE, {"tags": tags}).json()["regions"]) == 7
