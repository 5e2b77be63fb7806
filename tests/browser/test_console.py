"""The console as staff use it: launch, watch, cancel, launch again, download."""

from io import BytesIO

import pytest
from django.core.files.storage import storages
from playwright.sync_api import expect

from jobs.models import Job, JobFile, Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"


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
