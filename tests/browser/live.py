"""What the tests of the live pages share: finding, selecting, and a failure."""

from django.utils import timezone

from jobs.models import Status
from tests.browser.progress import change

WITHIN = 15_000  # a loaded machine is slow; where it matters, requests are counted instead


def fail(job):
    change(
        job,
        status=Status.FAILED,
        attempt=1,
        started_at=timezone.now(),
        finished_at=timezone.now(),
        error_code="exception",
        error_type="KeyError",
    )


def tab(page, status):
    return page.locator(f'.tabs [data-tab="{status}"]')


def row(page, name):
    link = page.get_by_role("link", name=name, exact=True)
    return page.locator("#result_list tbody tr").filter(has=link)


def select(page, selector):
    page.evaluate(
        """selector => getSelection().selectAllChildren(document.querySelector(selector))""",
        selector,
    )


def selected(page):
    return page.evaluate("getSelection().toString()")
