"""Finding jobs as staff do: by words, by filters in the search, by days, on a phone."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import id_of, make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
YESTERDAY = timezone.now() - timedelta(days=1)


@pytest.fixture
def jobs():
    """Jobs of several people, the third one that of a client."""
    maria = people.viewer(username="maria")
    own = {"created_by": maria, "created_by_name": "maria"}
    make_job(name="Invoices of Globex", **own)
    make_job(name="Nightly", status=Status.FAILED, error_type="LookupError", **own)
    make_job(name="Stock", created_by_name="shop", token_name="erp-import", source="api")
    make_job(name="Older", status=Status.COMPLETED, id=id_of(YESTERDAY), created_at=YESTERDAY)


def names(page):
    return sorted(page.locator("#result_list .job-name").all_text_contents())


def search(page, text):
    page.locator("#id_q").fill(text)
    with page.expect_navigation():
        page.locator("#id_q").press("Enter")
    return names(page)


def test_a_search_finds_what_people_type(page, jobs):
    page.goto(LIST)
    older = str(Job.objects.get(name="Older").pk)
    for text, found in {
        "Globex": ["Invoices of Globex"],
        "globex": ["Invoices of Globex"],
        "LookupError": ["Nightly"],
        "erp-import": ["Stock"],
        older[:8]: ["Older"],
    }.items():
        assert search(page, text) == found
    page.goto(LIST)
    assert search(page, "by:maria status:failed") == ["Nightly"]
    expect(page.locator(".tabs [aria-current]")).to_contain_text("Failed")
    page.locator(".chip", has_text="Requested by: maria").click()
    assert "created_by" not in page.url
    expect(page.locator("#result_list .job-name")).to_have_text(["Nightly"])


def test_suggestions_go_on_from_what_is_typed(page, jobs):
    page.goto(LIST)
    page.locator("#id_q").press_sequentially("globex status:fa")
    options = page.locator("#search-suggestions option")
    assert options.evaluate_all("all => all.map((one) => one.value)") == ["globex status:failed"]


def test_an_empty_list_names_the_filter_that_hides_most(page, jobs):
    page.goto(f"{LIST}?q=globex&status=FAILED")
    page.get_by_role("link", name="1 job matches").click()
    expect(page.locator("#result_list .job-name")).to_have_text(["Invoices of Globex"])


def test_a_bad_filter_says_what_is_wrong_and_keeps_the_fields(page, jobs):
    page.goto(f"{LIST}?created_after=soon&queue=slow&q=colour:red")
    expect(page.locator("#filter-faults")).to_contain_text("Created since: Enter a valid date/time")
    expect(page.locator("#filter-faults")).to_contain_text("Known are by: type: status:")
    for name, text in {"q": "colour:red", "created_after": "soon", "queue": "slow"}.items():
        expect(page.locator(f"#filters [name={name}]")).to_have_value(text)


def test_several_statuses_are_ticked_at_once(page, jobs):
    page.goto(LIST)
    page.get_by_text("More filters").click()
    page.get_by_role("checkbox", name="Failed").check()
    page.get_by_role("checkbox", name="Completed").check()
    page.locator(".more").get_by_role("button", name="Apply").click()
    expect(page.locator("#result_list .job-name")).to_have_text(["Nightly", "Older"])
    expect(page.locator(".chip")).to_contain_text("Status: Completed, Failed")


def test_days_are_those_of_the_browser(open_as, operator):
    zone = ZoneInfo("Pacific/Kiritimati")  # 14 hours ahead
    midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for name, at in {"new": midnight, "old": midnight - timedelta(minutes=1)}.items():
        make_job(name=name, id=id_of(at), created_at=at)
    page = open_as(operator, timezone_id=zone.key)
    page.goto(LIST)  # says which zone the browser has
    page.goto(LIST)
    expect(page.get_by_text("Times are in Pacific/Kiritimati")).to_have_count(1)
    page.get_by_role("link", name="Yesterday").click()
    expect(page.locator("#result_list .job-name")).to_have_text(["old"])
    page.goto(f"{LIST}?created_after={midnight:%Y-%m-%dT%H:%M}")
    assert names(page) == ["new"]


def test_a_year_has_four_digits_on_the_keyboard(page):
    page.goto(LIST)
    page.get_by_text("More filters").click()
    page.locator("#id_created_after").focus()
    page.keyboard.type("11222026")
    page.keyboard.type("0930AM")
    assert page.locator("#id_created_after").input_value() == "2026-11-22T09:30"


def test_a_report_of_last_month_is_one_click(open_as, operator):
    page = open_as(operator, timezone_id="Asia/Kolkata")
    page.goto(LIST)
    page.goto(f"{LIST}launch/report/")
    page.get_by_role("button", name="Last month").click()
    this_month = timezone.localdate(timezone=ZoneInfo("Asia/Kolkata")).replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    expect(page.get_by_label("From")).to_have_value(f"{last_month}T00:00")
    expect(page.get_by_label("To")).to_have_value(f"{this_month}T00:00")


def test_yesterdays_failed_exports_are_launched_again_in_five_clicks(page, make_type, redis):
    make_type(slug="greet", label="Greet")
    for name, kind, at in [
        ("a", "greet", YESTERDAY),
        ("b", "greet", YESTERDAY),
        ("c", "greet", timezone.now()),
        ("d", "report", YESTERDAY),
    ]:
        make_job(name=name, type=kind, id=id_of(at), created_at=at, status=Status.FAILED)
    page.goto(LIST)
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Failed").click()
    page.get_by_label("Type", exact=True).select_option("greet")
    page.get_by_role("link", name="Yesterday").click()
    page.get_by_role("button", name="Launch again…").click()
    page.get_by_role("button", name="Launch again 2 jobs").click()
    expect(page.locator(".messagelist")).to_contain_text("2 jobs launched again")
    assert sorted(Job.objects.exclude(rerun_of=None).values_list("name", flat=True)) == ["a", "b"]


def test_jobs_in_the_navigation_and_back_keep_the_filters(page, jobs):
    page.goto(f"{LIST}?status=FAILED&created_by=maria")
    page.get_by_role("link", name="Nightly").click()
    page.locator(".breadcrumbs").get_by_role("link", name="Jobs").click()
    expect(page.locator("#result_list .job-name")).to_have_text(["Nightly"])
    assert "created_by=maria" in page.url
    page.get_by_role("link", name="Nightly").click()
    page.go_back()
    assert "created_by=maria" in page.url


def test_on_a_phone_the_current_tab_is_in_view(open_as, operator, jobs):
    phone = open_as(operator, viewport={"width": 390, "height": 844})
    phone.goto(f"{LIST}?status=FAILED&unseen=on")
    tab = phone.locator(".tabs [aria-current]")
    expect(tab).to_have_text(re.compile("To review"))
    expect(tab).to_be_in_viewport(ratio=0.9)


def test_on_a_phone_the_first_job_is_seen_without_scrolling(open_as, operator, jobs):
    page = open_as(operator, viewport={"width": 390, "height": 844})
    page.goto(f"{LIST}?created_by=maria")
    first = page.locator("#result_list tbody tr").first.bounding_box()
    assert first["y"] + 80 < 844
    expect(page.get_by_label("Type", exact=True)).to_be_hidden()
    page.get_by_text("Filters (1 set)").click()
    expect(page.get_by_label("Type", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
