"""The job list as one live picture: what it shows of changes, and what it leaves alone."""

import json
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jobs.models import Job, Status
from tests.browser.live import WITHIN, fail, row, select, selected, tab
from tests.browser.progress import complete, progress_to
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"


def test_new_jobs_are_announced_above_the_rows_and_shown_on_a_click(page):
    kept = make_job(name="kept")
    page.goto(LIST)
    row(page, "kept").locator("input[type=checkbox]").check()
    for number in range(3):
        make_job(name=f"new {number}")
    fresh = page.locator(".fresh")
    expect(fresh).to_have_text("3 new", timeout=WITHIN)
    assert fresh.evaluate("link => getComputedStyle(link).color") == "rgb(255, 255, 255)"
    expect(tab(page, "PENDING")).to_have_text("4")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.locator("[data-live-announce]")).to_have_text("3 new above the list")
    fresh.click()
    expect(page.locator("#result_list tbody tr")).to_have_count(4)
    expect(row(page, "kept").locator("input[type=checkbox]")).to_be_checked()
    assert kept


def test_a_row_that_left_its_tab_fades_and_says_where_it_went(page):
    job = make_job(name="one", status=Status.PROCESSING)
    page.goto(f"{LIST}?status=PROCESSING")
    complete(job)
    expect(row(page, "one").locator(".badge")).to_have_text("now Completed", timeout=WITHIN)
    expect(row(page, "one")).to_have_class("left")
    expect(tab(page, "PROCESSING")).to_have_text("0")
    expect(tab(page, "COMPLETED")).to_have_text("1")
    assert page.locator("[data-live-announce]").text_content() == "one: now Completed"


def test_an_acknowledged_failure_leaves_the_list_of_those_to_review(page):
    job = make_job(name="one", status=Status.FAILED)
    page.goto(f"{LIST}?status=FAILED&unseen=on")
    assert page.title().startswith("(1) Jobs")
    Job.objects.filter(pk=job.pk).update(acknowledged_at=timezone.now())
    expect(row(page, "one").locator(".field-status_now")).to_contain_text(
        "now acknowledged", timeout=WITHIN
    )
    expect(page.locator(".attention")).to_be_hidden()
    assert page.title().startswith("Jobs")


def test_header_and_title_count_failures_as_they_happen(page):
    jobs = [make_job(status=Status.PROCESSING) for _ in range(3)]
    page.goto(LIST)
    assert page.title().startswith("Jobs")
    for job in jobs:
        fail(job)
    expect(page.locator("[data-attention]")).to_have_text("3", timeout=WITHIN)
    assert page.title().startswith("(3) Jobs")
    expect(page.locator(".attention")).to_be_visible()


def test_selected_text_stays_while_its_own_cell_changes_and_the_cell_follows_later(page):
    job = make_job(name="one", status=Status.PROCESSING, progress_message="at 10")
    page.goto(LIST)
    select(page, ".field-progress .below")
    progress_to(job, 42)
    expect(page.locator(".percent")).to_have_text("42 %", timeout=WITHIN)
    assert selected(page) == "at 10"
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.locator(".field-progress .below")).to_have_text("at 42", timeout=WITHIN)


def test_running_times_count_on_around_selected_text_without_a_request(page):
    job = make_job(name="one", status=Status.PROCESSING)
    page.goto(LIST)
    page.get_by_role("button", name="Pause").click()
    asked = []
    page.on("request", lambda sent: asked.append(sent.url))
    before = page.locator(".field-run_time time").text_content()
    select(page, ".field-job .job-name")
    page.wait_for_timeout(2_500)
    assert page.locator(".field-run_time time").text_content() != before
    assert selected(page) == job.name
    select(page, ".field-run_time")
    held = selected(page)
    page.wait_for_timeout(2_500)
    assert selected(page) == held
    assert asked == []


def test_an_empty_list_notices_its_first_job(page):
    page.goto(f"{LIST}?status=FAILED")
    fail(make_job())
    expect(page.locator(".fresh")).to_have_text("1 new", timeout=WITHIN)


def test_a_later_page_counts_what_was_launched_since_and_leads_to_the_first(page):
    for number in range(60):
        make_job(name=f"job {number}")
    page.goto(f"{LIST}?p=2")
    make_job(name="the new one")
    expect(page.locator(".fresh")).to_have_text("1 new", timeout=WITHIN)
    page.locator(".fresh").click()
    expect(row(page, "the new one")).to_have_count(1)


def test_fifty_active_rows_of_which_one_moves_cost_at_most_60_kb_a_minute(page):
    jobs = [make_job(status=status) for status in ("PENDING", "PROCESSING") for _ in range(25)]
    sizes = []
    page.on(
        "response",
        lambda got: (
            "/live/" in got.url
            and sizes.append((got.status, len(json.dumps(got.all_headers())) + body_size(got)))
        ),
    )
    page.goto(LIST)
    for percent in range(1, 6):
        with page.expect_response(re.compile("/live/"), timeout=WITHIN):
            progress_to(jobs[-1], percent)
    *others, _, largest = sorted(size for _, size in sizes)
    assert len(others) >= 3
    # An answer every two seconds. Every 30 s one renews the estimates of all waiting jobs.
    assert 2 * largest + 28 * max(others) <= 60_000, sizes


def body_size(response):
    return 0 if response.status == 304 else len(response.body())
