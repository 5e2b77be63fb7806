"""The banner of holds on pages that are open while a hold is placed and released."""

import pytest
from django.db.models import F
from playwright.sync_api import expect

from jobs.models import Job, Status
from tests.browser.test_pages import seriously_wrong
from tests.support.factories import make_hold, make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.mark.parametrize("place", ["home", "list", "job"])
def test_a_hold_appears_on_an_open_page_and_goes(page, place):
    job = make_job()
    address = {"home": "/admin/", "list": "/admin/jobs/job/"}
    page.goto(address.get(place, f"/admin/jobs/job/{job.pk}/change/"))
    banner = page.locator("[data-held]")
    expect(banner).to_be_empty()
    held = make_hold(reason="disk is full")
    expect(banner).to_contain_text("On hold: Job type report", timeout=30_000)
    expect(banner.get_by_role("link", name="Holds and limits")).to_be_visible()
    assert seriously_wrong(page) == []
    held.delete()
    expect(banner.locator(".held")).to_have_count(0, timeout=30_000)


def test_an_answer_of_the_version_before_leaves_the_banner_alone(page):
    def without_banner(route):
        answer = route.fetch()
        if answer.status == 200:
            members = answer.json()
            del members["held"]
            route.fulfill(response=answer, json=members)
        else:
            route.fulfill(response=answer)

    job, _ = make_job(status=Status.PROCESSING), make_hold(reason="disk is full")
    page.route("**/live/**", without_banner)
    page.goto(f"/admin/jobs/job/{job.pk}/change/")
    Job.objects.update(progress_message="half of it", version=F("version") + 1)
    expect(page.get_by_text("half of it").first).to_be_visible(timeout=30_000)
    expect(page.locator("[data-held]")).to_contain_text("On hold: Job type report")
