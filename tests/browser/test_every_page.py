"""Every page that a user can reach: accessible, and never wider than the screen."""

import pytest

from jobs.models import Status
from tests.browser.every_page import LONG, PATHS, make_rows, pages_of
from tests.browser.test_pages import seriously_wrong
from tests.support.factories import make_job
from tests.support.uploads import OneFile, read_files

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
# Pages that no route of its own leads to: states of lists and forms, and the error pages.
OTHERS = (
    f"{LIST}?status=FAILED",
    f"{LIST}?q=nothing",
    f"{LIST}?created_after=no+day",
    f"{LIST}?created_by={LONG}&type=report&source=api&created=today&queue=default",
    f"{LIST}?status=FAILED&unseen=on",
    f"{LIST}confirm/acknowledge/?status=FAILED",
    f"{LIST}confirm/rerun/?status=FAILED",
    f"{LIST}confirm/delete/?status=COMPLETED",
    f"{LIST}launch/reader/",
    f"{LIST}launch/greet/?whom={LONG}",
    "/admin/nothing/",
    "/admin/jobs/job/add/",
)


def wrong_in_both_themes(page):
    """What is seriously wrong with the page in light and in dark mode."""
    found = {}
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_timeout(400)  # colours fade from one theme to the other
        found |= {(theme, *one): None for one in seriously_wrong(page)}
    return list(found)


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_a_serious_finding_or_is_wider_than_its_screen(
    open_as, greet, make_type, width, problems
):
    make_type(read_files, slug="reader", label="Reader", form=OneFile)
    staff = make_rows()
    page = open_as(staff, viewport={"width": width, "height": 844})
    wrong = {}
    for address in [*pages_of(staff), *OTHERS]:
        page.goto(address)
        page.wait_for_load_state()
        if address.endswith("/docs/"):
            page.locator(".opblock").first.wait_for()
        if found := wrong_in_both_themes(page):
            wrong[address] = found
    problems[:] = [one for one in problems if "status of 40" not in one]
    assert wrong == {}


@pytest.mark.parametrize("message", PATHS)
def test_an_error_takes_two_lines_and_stays_in_its_column(page, message):
    make_job(status=Status.FAILED, error_type=LONG, error_message=message)
    page.goto(LIST)
    cell, following = page.locator(".field-progress"), page.locator(".field-requested_by")
    for text in cell.locator(".error-type, .below").all():
        box = text.bounding_box()
        assert box["x"] + box["width"] <= following.bounding_box()["x"]
        assert box["height"] <= 2.5 * 13 * 1.4
