"""On every page: the browser's time zone, hostile text, accessibility, narrow screens."""

import re
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from django_celery_results.models import TaskResult
from playwright.sync_api import expect

from jobs.models import ApiToken, JobLog, Status
from tests.browser.progress import progress_to
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{7*7}}'


@pytest.fixture
def far_away(open_as, operator):
    """A page in a browser five and a half hours from the server."""
    return open_as(operator, timezone_id="Asia/Kolkata")


def test_times_are_in_the_browsers_zone(far_away):
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    job = make_job(
        status=Status.COMPLETED,
        created_at=noon,
        finished_at=timezone.now(),
        params={"since": noon.isoformat()},
    )
    far_away.goto(f"{LIST}{job.pk}/change/")
    expect(far_away.locator("#job")).to_contain_text("2026-11-20 17:30:00 GMT+5:30")
    expect(far_away.get_by_text("2026-11-20 17:30:00 GMT+5:30")).to_have_count(2)
    far_away.goto(LIST)
    title = far_away.locator(".field-created time").get_attribute("title")
    assert title == "2026-11-20 17:30:00 GMT+5:30"
    far_away.goto("/admin/")
    assert re.fullmatch(r"\d\d:30", far_away.locator(".hours time").last.text_content())


def test_hostile_text_runs_nothing_on_any_page(page):
    job = make_job(
        name=EVIL,
        status=Status.FAILED,
        params={EVIL: EVIL},
        result={EVIL: EVIL},
        error_type=EVIL,
        error_message=EVIL,
        error_traceback=f'  File "/app/{EVIL}", line 1, in x\n    {EVIL}',
        created_by_name=EVIL,
        worker=EVIL[:64],
        queue=EVIL,
        progress_message=EVIL,
    )
    running = make_job(name=EVIL, status=Status.PROCESSING, progress_message=EVIL)
    for one in (job, running):
        JobLog.objects.create(
            job=one, attempt=1, seq=1, at=one.created_at, level="INFO", message=EVIL
        )
        one.events.create(to_status=one.status, actor=EVIL, reason=EVIL)
    for address in ("/admin/", LIST, f"{LIST}{job.pk}/change/", f"{LIST}{running.pk}/change/"):
        page.goto(address)
        progress_to(running, 10)
        page.wait_for_timeout(2_500)
        assert page.evaluate("window.hacked") is None, address
        assert "{{7*7}}" in page.content(), address


def seriously_wrong(page):
    """What axe finds, and whether the page is wider than its screen."""
    found = [
        (one["id"], one["nodes"][0]["html"][:200])
        # Without preloading: to read an imported stylesheet again it would set inline style, which
        # the policy refuses.
        for one in Axe()
        .run(page, options={"preload": False, "resultTypes": ["violations"]})
        .response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(("too wide", page.url))
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_and_no_page_is_wider_than_its_screen(
    open_as, greet, theme, width
):
    staff = people.superuser()
    page = open_as(staff, viewport={"width": width, "height": 844}, color_scheme=theme)
    jobs = [make_job(status=status, created_by=staff, created_by_name="maria") for status in Status]
    JobLog.objects.create(
        job=jobs[3], attempt=1, seq=1, at=jobs[3].created_at, level="ERROR", message="no"
    )
    token, _ = ApiToken.objects.create(staff, name="warehouse import")
    tokens, results = "/admin/jobs/apitoken/", "/admin/django_celery_results/taskresult/"
    result = TaskResult.objects.create(task_id=str(jobs[2].pk), status="SUCCESS", worker="a" * 32)
    pages = ["/admin/", LIST, f"{LIST}?q=nothing", f"{LIST}launch/", f"{LIST}launch/greet/"]
    pages += [f"{LIST}{job.pk}/change/" for job in jobs]
    pages += [f"{LIST}{jobs[2].pk}/delete/", f"{results}{result.pk}/change/", results]
    pages += [tokens, f"{tokens}add/", f"{tokens}{token.pk}/delete/", "/admin/auth/user/"]
    wrong = {}
    for address in pages:
        page.goto(address)
        wrong[address] = seriously_wrong(page)
    page.goto(LIST)
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("cancel")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Cancel 2 jobs").wait_for()
    wrong["confirm"] = seriously_wrong(page)
    assert {address: found for address, found in wrong.items() if found} == {}
