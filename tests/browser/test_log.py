"""The log on a job's page: following, reading back, levels, search, links to lines."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jobs.models import JobLog, Status
from tests.browser.progress import complete
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

MAX_LINES = 1000


@pytest.fixture
def job():
    return make_job(status=Status.PROCESSING)


def add(job, *numbers, level="INFO"):
    JobLog.objects.bulk_create(
        JobLog(
            job=job, attempt=1, seq=seq, at=timezone.now(), level=level, message=f"message {seq}"
        )
        for seq in numbers
    )


def open_job(page, job, query=""):
    page.goto(f"/admin/jobs/job/{job.pk}/change/{query}")


def last_line(page):
    return page.locator("#log .line").last


def scroll_to(page, place):
    """Scroll the log to its top (0) or its end (1)."""
    page.locator(".log").evaluate(
        "(log, place) => { log.scrollTop = place * log.scrollHeight }", place
    )


def is_at_end(page):
    return page.locator(".log").evaluate(
        "log => log.scrollHeight - log.scrollTop - log.clientHeight < 8"
    )


def test_it_follows_lets_go_when_scrolled_up_and_ends_with_the_job(page, job):
    add(job, *range(1, 101))
    open_job(page, job)
    assert is_at_end(page)
    add(job, *range(101, 151))
    expect(last_line(page)).to_contain_text("message 150")
    assert is_at_end(page)
    scroll_to(page, 0)
    expect(page.get_by_label("Follow")).not_to_be_checked()
    add(job, 151)
    expect(page.get_by_role("link", name="Load later lines")).to_be_attached()
    assert page.locator(".log").evaluate("log => log.scrollTop") == 0
    expect(last_line(page)).to_contain_text("message 150")
    page.get_by_label("Follow").check()
    expect(last_line(page)).to_contain_text("message 151")
    add(job, 152)
    complete(job)
    expect(page.locator(".job-title .badge")).to_have_text("Completed")
    expect(last_line(page)).to_contain_text("message 152")
    expect(page.get_by_label("Follow")).to_be_hidden()


def test_a_watched_job_that_writes_thousands_of_lines_shows_no_hole_and_few_lines(page, job):
    add(job, *range(1, 11))
    open_job(page, job)
    for start in (11, 2011, 4011):
        add(job, *range(start, start + 2000))
        expect(last_line(page)).to_contain_text(f"message {start + 1999}")
    for start in range(6011, 8000, 150):
        add(job, *range(start, start + 150))
        expect(last_line(page)).to_contain_text(f"message {start + 149}")
    numbers = page.locator("#log .line").evaluate_all(
        "lines => lines.map(line => Number(line.id.slice(1)))"
    )
    assert len(numbers) <= MAX_LINES
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    page.get_by_role("link", name="Load earlier lines").click()
    expect(page.locator(f"#L{numbers[0] - 1}")).to_be_attached()
    assert page.locator("#log .line").count() <= MAX_LINES


def test_earlier_lines_stand_above_those_that_were_read(page):
    job = make_job(status=Status.COMPLETED)
    add(job, *range(1, 501))
    open_job(page, job)
    scroll_to(page, 0)
    page.get_by_role("link", name="Load earlier lines").click()
    expect(page.locator("#L101")).to_be_attached()
    expect(page.locator("#L301")).to_be_in_viewport()
    scroll_to(page, 0)
    page.get_by_role("link", name="Load earlier lines").click()
    expect(page.locator("#L1")).to_be_attached()
    expect(page.get_by_role("link", name="Load earlier lines")).to_be_hidden()
    assert page.locator("#log .line").count() == 500


def test_levels_search_and_first_error_load_their_lines_without_a_new_page(page):
    job = make_job(status=Status.COMPLETED)
    add(job, *range(1, 701))
    add(job, 701, level="ERROR")
    add(job, *range(702, 1500))
    open_job(page, job)
    page.evaluate("window.same = true")
    page.get_by_role("link", name="First error").click()
    expect(page.locator("#L701")).to_be_in_viewport()
    assert page.url.endswith("?line=701#L701")
    page.get_by_role("link", name="Error 1", exact=True).click()
    expect(page.locator("#log .line")).to_have_count(1)
    page.get_by_role("link", name="All 1,499").click()
    expect(last_line(page)).to_contain_text("message 1499")
    page.get_by_label("Find in the log").fill("MESSAGE 70")
    page.get_by_label("Find in the log").press("Enter")
    expect(page.locator("#log .line")).to_have_count(11)
    expect(page.locator("#log mark").first).to_have_text("message 70")
    assert page.evaluate("window.same"), "the page was not loaded anew"
    page.reload()
    expect(page.locator("#log .line")).to_have_count(11)


def test_the_number_of_a_line_is_a_link_that_leads_to_it_again(page, open_as, operator):
    job = make_job(status=Status.COMPLETED)
    add(job, *range(1, 901))
    open_job(page, job)
    page.locator("#L880 .number").click()
    assert page.url.endswith("?line=880#L880")
    other = open_as(operator)
    other.goto(page.url)
    expect(other.locator("#L880")).to_be_in_viewport()
    other.goto(f"/admin/jobs/job/{job.pk}/change/#L17")
    expect(other.locator("#L17")).to_be_in_viewport()


def test_selected_text_stays_while_lines_arrive(page, job):
    add(job, *range(1, 6))
    open_job(page, job)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#L3 .message'))")
    add(job, *range(6, 9))
    page.wait_for_timeout(2_500)
    assert page.evaluate("getSelection().toString()") == "message 3"
    page.evaluate("getSelection().removeAllRanges()")
    expect(last_line(page)).to_contain_text("message 8")


def test_the_log_is_read_without_javascript(open_as, operator):
    job = make_job(status=Status.COMPLETED)
    add(job, *range(1, 501))
    add(job, 501, level="ERROR")
    page = open_as(operator, java_script_enabled=False)
    open_job(page, job)
    for _ in range(2):
        page.get_by_role("link", name="Load earlier lines").click()
    expect(page.locator("#L1")).to_be_attached()
    page.get_by_role("link", name="Show the last lines").click()
    page.get_by_role("link", name="Error 1", exact=True).click()
    expect(page.locator("#log .line")).to_have_count(1)
    page.get_by_label("Find in the log").fill("nothing")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#log")).to_contain_text("No such lines")
