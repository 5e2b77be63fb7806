"""The console as staff use it: launch, watch, cancel, launch again, download; what refreshes and what stays."""

import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from django import forms
from django.core.files.storage import storages
from django.db.models import F
from django.utils import timezone
from django_celery_results.models import TaskResult
from playwright.sync_api import expect

from jobs.models import ApiToken, Job, JobFile, JobLog, Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"
EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>{{7*7}}'


def change(job, **fields):
    """A change as a worker makes it: the version goes up."""
    Job.objects.filter(pk=job.pk).update(version=F("version") + 1, **fields)


def progress_to(job, percent):
    change(job, progress_percent=percent, progress_message=f"at {percent}")


def end_of(job):
    change(job, status=Status.COMPLETED, finished_at=F("created_at"), progress_percent=100)


class Greeting(forms.Form):
    whom = forms.CharField(max_length=20)


@pytest.fixture
def greet(make_type):
    return make_type(slug="greet", label="Greet", form=Greeting)


def test_a_launched_job_becomes_completed_without_a_reload_and_runs_again_with_changes(
    page, worker
):
    page.goto(LIST)
    page.get_by_role("link", name="Launch job", exact=True).click()
    page.get_by_role("link", name="Generate report").click()
    page.get_by_role("button", name="Launch job").click()
    page.evaluate("window.same = true")
    expect(page.locator(".job-title .badge")).to_have_text("Completed", timeout=60_000)
    assert page.evaluate("window.same"), "the page was not loaded anew"
    expect(page.locator(".log .line").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download report").click()
    assert download.value.path().read_bytes().startswith(b"PK")

    page.get_by_role("link", name="Launch again with changes").click()
    page.get_by_label("Format").select_option("json")
    page.get_by_role("button", name="Launch again").click()
    expect(page.locator(".job-title .badge")).to_have_text("Completed", timeout=60_000)
    assert Job.objects.latest("id").params["format"] == "json"


def test_cells_refresh_while_a_ticked_box_an_open_menu_and_the_scroll_position_stay(page):
    jobs = [make_job(name=f"Job {number}", status=Status.PROCESSING) for number in range(50)]
    page.goto(LIST)
    row = page.locator("#result_list tbody tr").filter(
        has=page.get_by_role("link", name="Job 49", exact=True)
    )
    row.locator("input[type=checkbox]").check()
    page.locator(".more summary").click()
    page.get_by_label("Error code").focus()
    page.evaluate("window.scrollTo(0, 300)")
    progress_to(jobs[49], 42)
    expect(row.locator(".percent")).to_have_text("42 %", timeout=4_000)
    assert row.locator("input[type=checkbox]").is_checked()
    assert page.locator(".more").evaluate("element => element.open")
    assert page.evaluate("document.activeElement.name") == "error_code"
    assert page.evaluate("window.scrollY") == 300


def test_one_request_asks_for_every_row_and_settled_rows_are_asked_for_no_more(page):
    first, second = (make_job(name=name, status=Status.PROCESSING) for name in ("one", "two"))
    asked = []
    page.on("request", lambda sent: "/live/" in sent.url and asked.append(sent.url))
    with page.expect_request(re.compile("/live/")):
        page.goto(LIST)
    assert str(first.pk) in asked[0]
    assert str(second.pk) in asked[0]
    end_of(first)
    expect(page.locator('.badge[data-status="COMPLETED"]')).to_have_count(1, timeout=5_000)
    with page.expect_request(re.compile("/live/")) as later:
        pass
    assert str(first.pk) not in later.value.url
    assert page.locator("[data-live-announce]").text_content() == "one: Completed"


def test_nothing_is_asked_while_the_tab_is_hidden(page):
    make_job(status=Status.PROCESSING)
    with page.expect_request(re.compile("/live/")):
        page.goto(LIST)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    asked = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.wait_for_timeout(5_000)
    assert asked == []


def test_a_pause_is_remembered(page):
    make_job(status=Status.PROCESSING)
    page.goto(LIST)
    page.get_by_role("button", name="Pause").click()
    page.reload()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.locator("[data-live-state]")).to_have_text("Paused")


def test_the_keyboards_focus_stays_when_the_page_of_a_job_is_drawn_anew(page):
    job = make_job(status=Status.PROCESSING)
    page.goto(f"{LIST}{job.pk}/change/")
    page.locator(".ask summary").focus()
    progress_to(job, 42)
    expect(page.locator(".percent")).to_have_text("42 %")
    assert page.evaluate("document.activeElement.textContent") == "Cancel…"


def test_a_waiting_job_is_cancelled_from_its_page_with_a_reason(page):
    job = make_job()
    page.goto(f"{LIST}{job.pk}/change/")
    page.get_by_text("Cancel…").click()
    page.get_by_label("Why?").fill("Wrong month")
    page.get_by_role("button", name="Cancel job").click()
    expect(page.locator(".job-title .badge")).to_have_text("Cancelled")
    expect(page.locator(".steps")).to_contain_text("Wrong month")


def test_ticked_jobs_are_cancelled_after_a_question(page):
    for _ in range(3):
        make_job()
    page.goto(LIST)
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("cancel")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Cancel 3 jobs").click()
    expect(page.locator(".messagelist")).to_contain_text("3 jobs cancelled")
    assert set(Job.objects.values_list("status", flat=True)) == {Status.CANCELLED}


def test_launch_cancel_again_and_download_work_without_javascript(open_as, operator, greet, redis):
    page = open_as(operator, java_script_enabled=False)
    page.goto(f"{LIST}launch/greet/")
    page.locator("[name=params-whom]").fill("Ada")
    page.get_by_role("button", name="Launch job").click()
    page.get_by_text("Cancel…").click()
    page.get_by_role("button", name="Cancel job").click()
    expect(page.locator(".job-title .badge")).to_have_text("Cancelled")
    page.get_by_role("button", name="Launch again").click()
    again = Job.objects.latest("id")
    assert again.rerun_of is not None
    stored = storages["jobs"].save("browser/x", BytesIO(b"content"))
    done = make_job(status=Status.COMPLETED)
    JobFile.objects.create(
        job=done,
        attempt=1,
        name="a.txt",
        content_type="text/plain",
        size=7,
        sha256="",
        stored_name=stored,
    )
    page.goto(f"{LIST}{done.pk}/change/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download a.txt").click()
    assert download.value.path().read_bytes() == b"content"


def test_the_call_beside_the_form_follows_what_is_typed(page, greet):
    page.goto(f"{LIST}launch/greet/")
    page.get_by_label("Name").fill("Morning greeting")
    page.get_by_label("Whom").fill("Ada's cat")
    expect(page.locator("#curl")).to_contain_text("Morning greeting")
    expect(page.locator("#curl")).to_contain_text("s cat")


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
        for one in Axe().run(page, options={"preload": False}).response["violations"]
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
