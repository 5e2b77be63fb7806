"""What refreshes on an open page, and what stays as the user left it."""

import re

import pytest
from playwright.sync_api import expect

from jobs.models import Status
from tests.browser.progress import complete, progress_to
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"


def test_cells_refresh_while_a_ticked_box_an_open_menu_and_the_scroll_position_stay(page):
    jobs = [make_job(name=f"Job {number}", status=Status.PROCESSING) for number in range(50)]
    page.goto(LIST)
    row = page.locator("#result_list tbody tr").filter(
        has=page.get_by_role("link", name="Job 49", exact=True)
    )
    row.locator("input[type=checkbox]").check()
    page.locator(".more summary").click()
    page.get_by_label("Error code").focus()
    page.evaluate("window.scrollTo(0, 300)")
    progress_to(jobs[49], 42)
    expect(row.locator(".percent")).to_have_text("42 %", timeout=15_000)
    assert row.locator("input[type=checkbox]").is_checked()
    assert page.locator(".more").evaluate("element => element.open")
    assert page.evaluate("document.activeElement.name") == "error_code"
    assert page.evaluate("window.scrollY") == 300


def test_one_request_asks_for_every_row_and_a_new_status_is_announced(page):
    first, second = (make_job(name=name, status=Status.PROCESSING) for name in ("one", "two"))
    asked = []
    page.on("request", lambda sent: "/live/" in sent.url and asked.append(sent.url))
    with page.expect_request(re.compile("/live/")):
        page.goto(LIST)
    assert first.pk.hex in asked[0]
    assert second.pk.hex in asked[0]
    complete(first)
    expect(page.locator('.badge[data-status="COMPLETED"]')).to_have_count(1, timeout=15_000)
    assert page.locator("[data-live-announce]").text_content() == "one: Completed"


def test_nothing_is_asked_while_the_tab_is_hidden(page):
    make_job(status=Status.PROCESSING)
    with page.expect_request(re.compile("/live/")):
        page.goto(LIST)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    asked = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.wait_for_timeout(5_000)
    assert asked == []


def test_a_pause_is_remembered(page):
    make_job(status=Status.PROCESSING)
    page.goto(LIST)
    page.get_by_role("button", name="Pause").click()
    page.reload()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.locator("[data-live-state]")).to_have_text("Paused")


def test_the_keyboards_focus_stays_when_the_page_of_a_job_is_drawn_anew(page):
    job = make_job(status=Status.PROCESSING)
    page.goto(f"{LIST}{job.pk}/change/")
    page.locator(".ask summary").focus()
    progress_to(job, 42)
    expect(page.locator(".percent")).to_have_text("42 %")
    assert page.evaluate("document.activeElement.textContent") == "Cancel…"
