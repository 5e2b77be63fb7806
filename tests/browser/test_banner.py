"""The banner of holds on pages that are open while a hold is placed and released."""

import pytest
from playwright.sync_api import expect

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
