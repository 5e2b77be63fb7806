"""The frame of every page: navigation and menu, by finger, by keyboard and without scripts."""

import pytest
from playwright.sync_api import expect

from jobs.models import Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
# Whether the middle of an element is on the screen and nothing covers it.
IS_REACHABLE = """element => {
    const box = element.getBoundingClientRect();
    const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return element.contains(hit);
}"""


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("width", [360, 390])
def test_no_page_of_a_phone_covers_the_navigation(open_as, width, has_scripts):
    screen = {"width": width, "height": 780}
    page = open_as(people.operator(), viewport=screen, java_script_enabled=has_scripts)
    job = make_job(status=Status.FAILED)
    for address in ("/admin/", LIST, f"{LIST}launch/", f"{LIST}{job.pk}/change/"):
        page.goto(address)
        links = page.get_by_role("navigation", name="Main").get_by_role("link").all()
        assert len(links) == 4, address
        for link in links:
            assert link.evaluate(IS_REACHABLE), (address, link.text_content())
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Launch").click()
    expect(page.locator("h1")).to_have_text("Launch job")
    page.get_by_text("olga").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(LIST)
    expect(page.get_by_label("Username")).to_be_visible()


def test_the_navigation_comes_before_the_account_in_the_tab_order(page):
    page.goto(LIST)
    visited = []
    for _ in range(6):
        page.keyboard.press("Tab")
        visited.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert visited == [
        "Skip to main content",
        "Backoffice",
        "Home",
        "Jobs",
        "Launch",
        "Account olga",
    ]


@pytest.mark.parametrize("days", [-2, 2])
def test_a_wrong_clock_of_the_browser_does_not_change_times(page, days):
    make_job(status=Status.FAILED)
    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {days} * 86400000")
    page.goto(LIST)
    page.wait_for_load_state()
    expect(page.locator(".field-created time")).to_have_text("just now")


def test_a_popover_focuses_its_field_and_is_closed_by_escape_and_by_a_click_outside(page):
    job = make_job()
    page.goto(f"{LIST}{job.pk}/change/")
    popover = page.locator("details.ask", has=page.get_by_text("Cancel…"))
    popover.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(popover.get_by_label("Why?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(popover).not_to_have_attribute("open", "")
    expect(popover.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(popover).to_have_attribute("open", "")
    page.locator(".account summary").click()
    expect(popover).not_to_have_attribute("open", "")
    page.locator("h1").click()
    expect(page.locator(".account")).not_to_have_attribute("open", "")
