"""List and home as one live picture."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from jobs.models import ApiToken, Job, Status
from tests.browser.live import WITHIN, fail, row, select, selected, tab
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"


def test_jobs_submitted_through_the_api_are_seen_on_list_and_home(open_as, client, redis):
    staff = people.superuser()
    token = ApiToken.objects.create(staff, name="test")[1]
    seen = make_job(name="seen", status=Status.PROCESSING, created_by=staff)
    pages = {}
    for name, address in (("home", "/admin/"), ("list", LIST)):
        pages[name] = open_as(staff, viewport={"width": 1280, "height": 800})
        pages[name].goto(address)
        select(pages[name], "a.job-name")
    row(pages["list"], "seen").locator("input[type=checkbox]").check()
    for _ in range(5):
        answer = client.post(
            "/api/v1/jobs/",
            {"name": "Generate report"},
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 201, answer.content
    asked = {name: count_answers(page) for name, page in pages.items()}
    for job in Job.objects.order_by("-id")[:3]:
        fail(job)
    expect(pages["list"].locator(".fresh")).to_have_text("5 new", timeout=WITHIN)
    expect(tab(pages["list"], "FAILED")).to_have_text("3", timeout=WITHIN)
    expect(tab(pages["list"], "")).to_have_text("6")
    home = pages["home"].locator(".tiles .number")
    expect(home).to_have_text(["2", "1", "0", "3", "3"], timeout=WITHIN)
    for name, page in pages.items():
        expect(page.locator("[data-attention]")).to_have_text("3", timeout=WITHIN)
        assert page.title().startswith("(3) "), name
        assert selected(page) == "seen", name
        assert len(asked[name]) <= 3, "two periods, and one that may have begun before"
    assert row(pages["list"], "seen").locator("input[type=checkbox]").is_checked()
    assert seen


def count_answers(page):
    answers = []
    page.on("response", lambda got: "/live/" in got.url and answers.append(got.status))
    return answers


def test_the_table_of_the_chart_stays_open_while_home_changes(page):
    make_job(status=Status.COMPLETED, finished_at=timezone.now())
    page.goto("/admin/")
    page.get_by_text("As a table").click()
    fail(make_job())
    expect(page.locator(".tiles .number").last).to_have_text("1", timeout=WITHIN)
    assert page.locator("details:has(table)").evaluate("element => element.open")
    expect(page.locator("[data-live-announce]")).to_have_text("Failures to review: 1")
