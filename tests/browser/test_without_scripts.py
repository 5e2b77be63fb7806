"""Holds, files, reviews and people without JavaScript; holds and files by keyboard alone."""

import pytest
from playwright.sync_api import expect

from jobs.models import Hold, Job, Status
from tests.browser.test_keyboard import press, tab_to
from tests.support import people
from tests.support.factories import make_job
from tests.support.uploads import ROWS, OneFile, read_files

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
FILE = {"name": "rows.csv", "mimeType": "text/csv", "buffer": ROWS}


@pytest.fixture
def plain(open_as, operator):
    """A page of a browser without JavaScript, with an operator signed in."""
    return open_as(operator, viewport={"width": 1280, "height": 800}, java_script_enabled=False)


@pytest.fixture
def reader(make_type, own_files, redis, transactional_db):
    """A type that takes a file."""
    return make_type(read_files, slug="reader", label="Reader", form=OneFile)


def test_a_hold_is_placed_and_released_without_javascript(plain):
    make_job(name="waits")
    plain.goto("/admin/")
    plain.get_by_role("link", name="Holds and limits").click()
    plain.get_by_label("Which").fill("Generate report")
    plain.get_by_label("Reason").first.fill("disk is full")
    plain.get_by_role("button", name="Hold", exact=True).click()
    expect(plain.locator(".messagelist")).to_contain_text("is on hold")
    expect(plain.locator(".held")).to_contain_text("disk is full")
    plain.get_by_role("button", name="Release").click()
    expect(plain.locator(".messagelist")).to_contain_text("Released")
    assert Hold.objects.get().ended_at is not None


def test_a_refused_hold_keeps_what_was_typed_and_says_why_without_javascript(plain):
    plain.goto(f"{LIST}holds/")
    plain.get_by_label("Which").fill("no such type")
    plain.get_by_label("Reason").first.fill("disk is full")
    plain.get_by_role("button", name="Hold", exact=True).click()
    expect(plain.get_by_label("Which")).to_have_value("no such type")
    expect(plain.get_by_label("Which")).to_be_focused()
    expect(plain.locator(".errorlist")).to_have_count(1)


def test_a_file_is_sent_kept_and_launched_with_without_javascript(plain, reader):
    plain.goto(f"{LIST}launch/reader/")
    plain.locator("[name=params-file]").set_input_files(FILE)
    plain.get_by_label("Count").fill("99")
    plain.get_by_role("button", name="Launch job").click()
    expect(plain.locator(".chosen-file").first).to_contain_text("rows.csv")
    plain.get_by_label("Count").fill("2")
    plain.get_by_role("button", name="Launch job").click()
    expect(plain.locator("h1")).to_have_text("Reader")
    assert [one.name for one in Job.objects.get().uploads.all()] == ["rows.csv"]


def test_failures_are_reviewed_without_javascript(plain):
    for name in ("one", "two"):
        make_job(name=name, status=Status.FAILED)
    plain.goto("/admin/")
    plain.get_by_role("navigation", name="Main").get_by_text("to review").last.click()
    expect(plain.locator("#result_list tbody tr")).to_have_count(2)
    plain.get_by_role("button", name="Acknowledge…").click()
    plain.get_by_label("Note").fill("cause known")
    plain.get_by_role("button", name="Acknowledge 2 jobs").click()
    expect(plain.locator(".messagelist")).to_contain_text("2 jobs acknowledged")
    assert Job.objects.filter(acknowledged_note="cause known").count() == 2


def test_a_person_leads_to_the_jobs_of_today_without_javascript(plain, operator):
    make_job(status=Status.FAILED, created_by=operator, created_by_name="olga")
    plain.goto(LIST)
    plain.locator("#result_list").get_by_role("link", name="olga").click()
    plain.locator(".status-counts [data-status=FAILED] a").click()
    expect(plain.locator("#result_list tbody tr")).to_have_count(1)


def test_a_hold_is_placed_and_released_by_keyboard(page):
    page.goto(f"{LIST}holds/")
    page.get_by_label("What").focus()
    press(page, "Tab")
    page.keyboard.type("Generate report")
    press(page, "Tab", "Tab")
    page.keyboard.type("disk is full")
    press(page, "Enter")
    expect(page.locator(".messagelist")).to_contain_text("is on hold")
    tab_to(page, "Release Job type Generate report")
    press(page, "Enter")
    expect(page.locator(".messagelist")).to_contain_text("Released")


def test_a_list_that_lost_its_connection_says_so_and_goes_on_by_itself(open_as, operator, problems):
    page = open_as(operator)
    make_job(status=Status.PROCESSING)
    page.goto(LIST)
    state = page.locator("[data-live-state]")
    expect(state).to_have_text("Live")
    page.route("**/live/**", lambda route: route.abort())
    expect(state).to_have_text("Connection lost, trying again")
    make_job()
    page.unroute("**/live/**")
    expect(state).to_have_text("Live", timeout=30_000)
    expect(page.locator(".fresh")).to_have_text("1 new")
    problems.clear()


def test_of_two_people_who_cancel_one_job_the_second_sees_who_did(
    open_as, client, operator, problems
):
    job = make_job(name="twice")
    first = open_as(operator)
    client.cookies.clear()  # or the session of the first one would end
    second = open_as(people.operator(username="omar"))
    second.route("**/live/**", lambda route: route.abort())  # sees an old page
    for page in (first, second):
        page.goto(f"{LIST}{job.pk}/change/")
        page.get_by_text("Cancel…").click()
    for page in (first, second):
        page.get_by_role("button", name="Cancel job").click()
        expect(page.locator(".job-title .badge")).to_have_text("Cancelled")
    expect(second.locator("#job .steps")).to_contain_text("olga")
    assert job.events.count() == 1
    problems.clear()
