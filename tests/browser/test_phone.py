"""Pages at the width of a phone, and compact rows: nothing is covered, cut in half or too small."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jobs.models import Source, Status
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
STOCK_LISTS = (
    "/admin/auth/user/",
    "/admin/auth/group/",
    "/admin/jobs/auditentry/",
    "/admin/django_celery_results/taskresult/",
    "/admin/axes/accesslog/",
)


@pytest.fixture
def phone(open_as, transactional_db):
    """A page of a phone, with a superuser signed in."""
    return open_as(people.superuser(), viewport={"width": 390, "height": 844})


@pytest.mark.parametrize(
    "query", ["", "?status=FAILED", "?status=CANCELLED", "?status=FAILED&unseen=on"]
)
def test_no_tab_is_cut_at_the_left_edge(phone, query):
    for number in range(12):
        make_job(status=list(Status)[number % 5])
    phone.goto(f"{LIST}{query}")
    phone.wait_for_load_state()
    edge = phone.locator(".tabs").bounding_box()["x"]
    for tab in phone.locator(".tabs a").all():
        box = tab.bounding_box()
        is_left_of_it = box["x"] + box["width"] <= edge + 1
        assert is_left_of_it or box["x"] >= edge - 1, tab.text_content()
    expect(phone.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_many_chips_scroll_and_leave_the_page_as_wide_as_the_screen(phone):
    phone.goto(f"{LIST}?created_by=maria&type=report&source=admin&created=today&queue=default")
    expect(phone.locator(".chip")).to_have_count(5)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_lists_of_django_have_a_search_to_type_in_and_rows_as_cards(phone):
    make_user(username="jonas", first_name="Jonas", last_name="Aurelius van der Rotterdam")
    for address in STOCK_LISTS:
        phone.goto(address)
        phone.wait_for_load_state()
        assert phone.locator("#searchbar").bounding_box()["width"] > 200, address
        for cell in phone.locator("#result_list tbody :is(td, th)").all():
            box = cell.bounding_box()
            assert box["x"] + box["width"] <= 390, (address, cell.text_content())
    phone.goto("/admin/auth/user/")
    row = phone.locator("#result_list tbody tr", has_text="jonas")
    expect(row.locator("[data-heading=Name]")).to_contain_text("Aurelius")


def test_buttons_beside_a_heading_do_not_cover_it(phone):
    user = make_user(username="jonas")
    phone.goto(f"/admin/auth/user/{user.pk}/change/")
    heading = phone.locator("h1").bounding_box()
    buttons = phone.locator(".object-tools").bounding_box()
    assert buttons["y"] >= heading["y"] + heading["height"]


def test_the_sheet_of_keys_fits_the_screen(phone):
    phone.goto(LIST)
    phone.wait_for_load_state()
    phone.keyboard.press("?")
    sheet = phone.get_by_role("dialog", name="Keyboard").bounding_box()
    assert sheet["x"] >= 0
    assert sheet["x"] + sheet["width"] <= 390


def test_a_refused_form_has_the_cursor_in_the_first_field_with_an_error(phone):
    phone.goto(f"{LIST}holds/")
    phone.get_by_label("Which").fill("Generate report")
    phone.get_by_role("button", name="Hold", exact=True).click()
    expect(phone.get_by_label("Reason").first).to_be_focused()
    expect(phone.get_by_label("Reason").first).to_be_in_viewport()


def test_compact_rows_fit_the_page(open_as):
    staff = people.superuser()
    ended = timezone.now()
    for _ in range(3):
        started = ended - timedelta(seconds=10)
        make_job(status=Status.COMPLETED, started_at=started, finished_at=ended)
    make_job(
        name="Quarterly reconciliation of all supplier invoices",
        status=Status.FAILED,
        error_type="ReconciliationMismatchError",
        error_message="Totals differ: 1,250,030.15 EUR in the ledger",
        created_by_name="import",
        source=Source.API,
    )
    make_job(status=Status.PROCESSING, started_at=ended - timedelta(minutes=75))
    page = open_as(staff, viewport={"width": 1280, "height": 844})
    page.add_init_script("localStorage.setItem('density', 'compact')")
    page.goto(LIST)
    right = page.locator("#content").bounding_box()
    for cell in page.locator("#result_list tbody td").all():
        box = cell.bounding_box()
        assert box["x"] + box["width"] <= right["x"] + right["width"], cell.text_content()
