"""The head of a job's page: figures in one row, and a long file name inside the screen."""

import pytest
from playwright.sync_api import expect

from jobs.models import JobFile, Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

RESULT = {
    "jobs": 23,
    "p50_run_seconds": 0.09,
    "p95_run_seconds": 0.18,
    "success_percent": 100,
}


@pytest.fixture
def address(transactional_db):
    """The page of a completed job with figures and a file whose name has wide letters."""
    job = make_job(status=Status.COMPLETED, result=RESULT)
    JobFile.objects.create(
        job=job, attempt=1, name="W" * 60 + ".xlsx", stored_name="x", size=1, sha256="0" * 64
    )
    return f"/admin/jobs/job/{job.pk}/change/"


def test_the_figures_are_in_one_row_below_the_buttons(open_as, address):
    page = open_as(people.superuser(), viewport={"width": 1280, "height": 800})
    page.goto(address)
    figures = page.locator(".figures > div")
    expect(figures).to_have_count(4)
    assert len({figure.bounding_box()["y"] for figure in figures.all()}) == 1


def test_a_long_file_name_leaves_room_for_the_name_of_the_job(open_as, address):
    page = open_as(people.superuser(), viewport={"width": 1280, "height": 800})
    page.goto(address)
    assert page.locator(".job-title").bounding_box()["width"] > 300
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_long_file_name_stays_inside_the_screen_of_a_phone(open_as, address):
    page = open_as(people.superuser(), viewport={"width": 390, "height": 844})
    page.goto(address)
    box = page.locator(".job-head a.button").first.bounding_box()
    assert box["x"] + box["width"] <= 390 - 15
