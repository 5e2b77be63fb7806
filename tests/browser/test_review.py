"""Failures to review: a group is launched again from the home page, its originals acknowledged."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jobs.models import Job, Status
from tests.browser.live import WITHIN
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def fail(fingerprint, hours, **fields):
    at = timezone.now() - timedelta(hours=hours)
    times = {"created_at": at, "started_at": at, "finished_at": at}
    return make_job(status=Status.FAILED, fingerprint=fingerprint * 16, **times, **fields)


def test_a_group_is_launched_again_and_its_originals_acknowledged(page, greet, redis):
    message = "No customer 'Ann' in /srv/in/customers.csv"
    for hours in (0.2, 1, 2, 30, 60, 61):
        fail("1", hours, type="greet", params={"whom": "Ann"}, error_message=message)
    fail("2", 5, error_type="ConnectionError", error_message="the host does not answer")
    page.goto("/admin/")
    expect(page.locator(".group")).to_have_count(2)
    group = page.locator(".group").first
    expect(group.locator(".group-count")).to_have_text("6 to review")
    group.get_by_role("link", name="Launch all again").click()
    page.get_by_role("button", name="Launch again 6 jobs").click()
    report = page.locator(".messagelist")
    expect(report).to_contain_text("6 jobs launched again.")
    report.get_by_role("link", name="Acknowledge the 6 originals").click()
    page.get_by_label("Note").fill("The file was late")
    page.get_by_role("button", name="Acknowledge 6 jobs").click()
    expect(page.locator(".messagelist")).to_contain_text("6 jobs acknowledged.")
    originals = Job.objects.filter(acknowledged_note="The file was late", status=Status.FAILED)
    assert originals.count() == Job.objects.filter(rerun_of__in=originals).count() == 6
    page.goto("/admin/")
    expect(page.locator(".group")).to_have_count(1)
    expect(page.locator(".tiles li:last-child")).to_contain_text("1")


def test_a_group_that_appears_while_home_is_open_is_marked_as_new(page):
    fail("1", 60)
    page.goto("/admin/")
    expect(page.locator(".group")).to_have_count(1)
    expect(page.locator(".tag-new")).to_have_count(0)
    fail("2", 0)
    expect(page.locator(".group").first.locator(".tag-new")).to_be_visible(timeout=WITHIN)
