"""The console by keyboard alone: launch, filter, bulk cancel, review; and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"


@pytest.fixture(params=[people.operator, people.launcher])
def person(request, transactional_db):
    """An operator, and a user who may only launch jobs and sees no others than these."""
    return request.param()


@pytest.fixture
def console(open_as, person):
    """A page of the browser with the person signed in."""
    return open_as(person, viewport={"width": 1280, "height": 800})


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, name, limit=60):
    """Press Tab until the element with this text or value has the focus."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        text = "(document.activeElement.textContent || document.activeElement.value).trim()"
        if page.evaluate(text) == name:
            return
    raise AssertionError(f"{name} is not reached")


def focused(page):
    return page.evaluate("document.activeElement.textContent.trim()")


def test_a_job_is_launched_by_keyboard(console, greet, redis):
    console.goto("/admin/")
    press(console, "l")
    expect(console).to_have_url(re.compile(r"launch/$"))
    while focused(console) != "Greet":
        press(console, "j")
    press(console, "o")
    expect(console.get_by_label("Whom")).to_be_visible()
    tab_to(console, "Greet")
    press(console, "Tab")
    console.keyboard.type("Ada / jkl")  # letters that are keys elsewhere
    press(console, "Enter")
    expect(console.locator(".job-title .badge")).to_have_text("Pending")
    assert Job.objects.get().params == {"whom": "Ada / jkl"}


def test_jobs_are_filtered_and_cancelled_by_keyboard(console, person):
    for name in ("Alpha 1", "Alpha 2", "Alpha 3", "Beta 1"):
        make_job(name=name, created_by=person)
    console.goto("/admin/")
    press(console, "/")
    expect(console).to_have_url(re.compile(r"/job/$"))
    expect(console.locator("#id_q")).to_be_focused()
    console.keyboard.type("Alpha")
    press(console, "Enter")
    expect(console.locator("#result_list tbody tr")).to_have_count(3)
    console.wait_for_load_state()  # the keys come with the deferred scripts
    press(console, "j", "x", "j", "j", "Shift+X")
    expect(console.locator(".action-counter")).to_have_text("3 of 3 selected")
    press(console, "c")
    expect(console.locator("h1")).to_have_text("Cancel 3 jobs?")
    tab_to(console, "Cancel 3 jobs")
    press(console, "Enter")
    expect(console.locator(".messagelist")).to_contain_text("3 jobs cancelled")
    assert Job.objects.get(status=Status.PENDING).name == "Beta 1"


def test_a_failure_is_reviewed_by_keyboard(console, person):
    old = make_job(name="Old", status=Status.FAILED, created_by=person)
    make_job(name="New", status=Status.FAILED, created_by=person)
    console.goto(f"{LIST}?status=FAILED&unseen=on")
    press(console, "j", "k", "j", "o")
    expect(console.locator("h1")).to_have_text("Old")
    press(console, "a")
    expect(console.locator("details.ask[open] input[name=note]")).to_be_focused()
    console.keyboard.type("seen, cause known")
    press(console, "Enter")
    expect(console.locator(".messagelist")).to_be_visible()
    old.refresh_from_db()
    assert old.acknowledged_at is not None


def test_keys_do_nothing_with_a_modifier_in_a_field_or_when_switched_off(page):
    make_job()
    page.goto(LIST)
    press(page, "Control+j", "Alt+x", "Meta+o")
    expect(page.locator(".action-select:checked")).to_have_count(0)
    page.locator("#id_q").focus()
    page.keyboard.type("jxc?l/")
    expect(page.locator("#id_q")).to_have_value("jxc?l/")
    page.locator("h1").click()
    press(page, "?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    press(page, "l")
    expect(page).to_have_url(re.compile(r"/job/$"))
    page.get_by_label("Use these keys").uncheck()
    press(page, "Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).not_to_be_visible()
    page.reload()
    press(page, "?", "l")
    expect(page.get_by_role("dialog")).not_to_be_visible()
    page.locator(".account summary").click()
    page.get_by_role("button", name="Keyboard…").click()
    page.get_by_label("Use these keys").check()
    press(page, "Escape", "l")
    expect(page).to_have_url(re.compile(r"launch/$"))


def test_compact_rows_are_remembered(page):
    make_job()
    page.goto(LIST)
    row = page.locator("#result_list tbody tr")
    normal = row.bounding_box()["height"]
    page.locator(".account summary").click()
    page.get_by_role("button", name="Rows: normal").click()
    page.reload()
    assert row.bounding_box()["height"] < normal - 15
    expect(page.locator("[data-density-switch]")).to_contain_text("compact")


def test_filtering_and_bulk_cancel_work_without_javascript(open_as, operator):
    for name in ("Alpha 1", "Alpha 2", "Beta"):
        make_job(name=name)
    page = open_as(operator, java_script_enabled=False)
    page.goto(LIST)
    page.locator("input[name=q]").fill("Alpha")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    for box in page.locator(".action-select").all():
        box.check()
    page.locator("select[name=action]").select_option("cancel")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Cancel 2 jobs").click()
    expect(page.locator(".messagelist")).to_contain_text("2 jobs cancelled")
    page.locator(".account summary").click()
    expect(page.get_by_role("button", name="Keyboard…")).not_to_be_visible()
