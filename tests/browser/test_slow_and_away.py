"""Open pages on a slow network, after Back, after a sleep, and in another time zone."""

import re

import pytest
from playwright.sync_api import expect

from jobs.models import Status
from tests.browser.live import WITHIN, row
from tests.browser.progress import progress_to
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
LATE_MS = 6_000
SECONDS_OR_MINUTES = re.compile(r"^\d+ (s|min \d+ s)$")


def session_of(page):
    return page.context.new_cdp_session(page)


def slow_down(network, milliseconds):
    """Let each answer take so long."""
    network.send("Network.enable")
    limits = {"latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {"offline": False, **limits})


def watch_open_requests(page):
    """The number of requests of the refresh that are open, and the largest so far."""
    seen = {"open": 0, "most": 0, "all": 0}

    def begin(request):
        if "/live/" in request.url:
            seen["open"] += 1
            seen["all"] += 1
            seen["most"] = max(seen["most"], seen["open"])

    def end(request):
        seen["open"] -= "/live/" in request.url

    page.on("request", begin)
    page.on("requestfinished", end)
    page.on("requestfailed", end)
    return seen


def test_a_list_whose_answers_are_late_says_so_and_asks_one_at_a_time(page):
    job = make_job(name="one", status=Status.PROCESSING)
    page.goto(LIST)
    state = page.locator("[data-live-state]")
    expect(state).to_have_text("Live", timeout=WITHIN)
    seen, network = watch_open_requests(page), session_of(page)
    slow_down(network, LATE_MS)
    expect(state).to_have_text("Slow connection, cells may be old", timeout=WITHIN)
    progress_to(job, 42)
    expect(page.locator(".percent")).to_have_text("42 %", timeout=2 * WITHIN)
    expect(state).to_have_text("Slow connection, cells may be old")
    assert seen["most"] == 1
    slow_down(network, 0)
    expect(state).to_have_text("Live", timeout=WITHIN)


def test_home_says_that_its_answers_are_late(page):
    make_job()
    page.goto("/admin/")
    note = page.locator("[data-late]")
    expect(note).to_be_hidden()
    seen, network = watch_open_requests(page), session_of(page)
    slow_down(network, LATE_MS)
    expect(note).to_be_visible(timeout=2 * WITHIN)
    slow_down(network, 0)
    expect(note).to_be_hidden(timeout=2 * WITHIN)
    assert seen["most"] == 1


def test_back_from_a_job_shows_current_cells_and_the_ticks_that_were_set(page):
    job = make_job(name="one", status=Status.PROCESSING)
    make_job(name="other", status=Status.PROCESSING)
    page.goto(LIST)
    row(page, "other").locator("input[type=checkbox]").check()
    page.get_by_role("link", name="one", exact=True).click()
    expect(page.locator("#job")).to_be_visible()
    progress_to(job, 42)
    page.go_back(timeout=WITHIN)
    expect(row(page, "one").locator(".percent")).to_have_text("42 %", timeout=WITHIN)
    expect(row(page, "other").locator("input[type=checkbox]")).to_be_checked()
    expect(row(page, "one").locator("input[type=checkbox]")).not_to_be_checked()
    progress_to(job, 43)
    expect(row(page, "one").locator(".percent")).to_have_text("43 %", timeout=WITHIN)
    seen = watch_open_requests(page)
    page.wait_for_timeout(6_500)
    assert seen["all"] <= 4  # one timer: a request every two seconds


def test_after_an_hour_of_sleep_a_page_asks_once_and_shows_the_present(page):
    job = make_job(name="one", status=Status.PROCESSING)
    page.clock.install()
    page.goto(LIST)
    expect(page.locator("[data-live-state]")).to_have_text("Live", timeout=WITHIN)
    seen = watch_open_requests(page)
    progress_to(job, 42)
    page.clock.fast_forward("01:00:00")  # timers that are due run once, as after a sleep
    expect(page.locator(".percent")).to_have_text("42 %", timeout=WITHIN)
    assert seen["all"] <= 3
    assert seen["most"] == 1
    # The server's clock corrects the browser's.
    expect(page.locator(".field-run_time time")).to_have_text(SECONDS_OR_MINUTES, timeout=WITHIN)


def test_times_and_the_named_zone_agree_after_the_browsers_zone_changed(page):
    make_job(name="one", status=Status.PROCESSING)
    computer = session_of(page)
    change_zone(computer, "Asia/Tokyo")
    for _ in range(2):  # the first one says which zone the browser has
        page.goto(LIST)
    expect(page.locator(".zone")).to_have_text("Times are in Asia/Tokyo")
    change_zone(computer, "America/New_York")
    expect(page.locator("[data-zone-changed]")).to_have_text(
        "This computer is now in America/New_York; times here are in Asia/Tokyo. Reload the page",
        timeout=WITHIN,
    )
    title = page.locator(".field-created time").get_attribute("title")
    assert title.endswith("GMT+9")
    change_zone(computer, "Asia/Tokyo")
    expect(page.locator("[data-zone-changed]")).to_have_count(0, timeout=WITHIN)


def change_zone(computer, name):
    """Move the computer to another time zone."""
    computer.send("Emulation.setTimezoneOverride", {"timezoneId": name})
