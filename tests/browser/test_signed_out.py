"""What staff see when they are signed out while they work, and what becomes of what they typed."""

import re

import pytest
from django import forms
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from jobs.models import ApiToken, Job, Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LIST = "/admin/jobs/job/"


class Greeting(forms.Form):
    whom = forms.CharField(max_length=20)
    password = forms.CharField()


@pytest.fixture
def greet(make_type, redis):
    return make_type(slug="greet", label="Greet", form=Greeting, secret_fields=("password",))


@pytest.fixture
def staff(transactional_db):
    return people.operator(password="pass")


@pytest.fixture
def tab(chromium, live_server, client, staff):
    """A page of a browser with staff signed in; a refused request may show in its console."""
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 800}
    )
    client.force_login(staff)
    cookie = {
        "name": "sessionid",
        "value": client.cookies["sessionid"].value,
        "url": live_server.url,
    }
    context.add_cookies([cookie])
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield page
    context.close()


def end_sessions():
    Session.objects.all().delete()


def sign_in(page, name="olga"):
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("pass")
    page.get_by_role("button", name="Sign in").click()


def note(page):
    return page.locator(".stale-note")


def requests_in(page, seconds):
    asked = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.wait_for_timeout(seconds * 1000)
    return asked


@pytest.mark.parametrize("of_job", [True, False])
def test_a_page_says_that_its_user_was_signed_out_stops_asking_and_is_come_back_to(tab, of_job):
    job = make_job(status=Status.PROCESSING)
    address = f"{LIST}{job.pk}/change/" if of_job else f"{LIST}?type=report"
    tab.goto(address)
    end_sessions()
    expect(note(tab)).to_contain_text("You were signed out", timeout=15_000)
    assert "Connection lost" not in tab.locator("body").inner_text()
    assert requests_in(tab, 4) == []
    note(tab).get_by_role("link", name="Sign in").click()
    sign_in(tab)
    expect(tab).to_have_url(re.compile(re.escape(address)))
    expect(note(tab)).to_have_count(0)


def test_a_page_says_that_another_account_has_signed_in(tab, client, live_server):
    job = make_job(status=Status.PROCESSING)
    tab.goto(f"{LIST}{job.pk}/change/")
    client.force_login(people.viewer(username="omar"))
    cookie = {
        "name": "sessionid",
        "value": client.cookies["sessionid"].value,
        "url": live_server.url,
    }
    tab.context.add_cookies([cookie])
    expect(note(tab)).to_contain_text("Another account has signed in", timeout=15_000)
    assert requests_in(tab, 3) == []


def test_a_page_says_that_its_user_may_not_see_it_any_more(tab, staff):
    job = make_job(status=Status.PROCESSING)
    tab.goto(f"{LIST}{job.pk}/change/")
    staff.user_permissions.clear()
    expect(note(tab)).to_contain_text("You may no longer see this page", timeout=15_000)
    assert requests_in(tab, 3) == []


def test_a_deleted_job_is_not_shown_as_running(tab):
    job, other = make_job(status=Status.PROCESSING), make_job(status=Status.PROCESSING)
    tab.goto(LIST)
    other.delete()
    row = tab.locator("#result_list tr.gone")
    expect(row).to_contain_text("Deleted or hidden", timeout=15_000)
    expect(row).to_have_count(1)
    tab.goto(f"{LIST}{job.pk}/change/")
    job.delete()
    expect(note(tab)).to_contain_text("This job was deleted", timeout=15_000)


def test_a_form_comes_back_filled_in_after_signing_in_and_launches(tab, greet):
    tab.goto(f"{LIST}launch/greet/")
    end_sessions()
    tab.get_by_label("Whom").fill("Ada")
    tab.get_by_label("Password").fill("hunter2")
    expect(note(tab)).to_contain_text("you get the form back as you filled it in", timeout=15_000)
    tab.get_by_role("button", name="Launch job").click()
    expect(tab.locator(".messagelist")).to_contain_text("You were signed out")
    assert "hunter2" not in tab.content()
    sign_in(tab)
    expect(tab.get_by_label("Whom")).to_have_value("Ada")
    expect(tab.get_by_label("Password")).to_have_value("")
    assert not Job.objects.exists()
    tab.get_by_label("Password").fill("hunter2")
    tab.get_by_role("button", name="Launch job").click()
    expect(tab.locator(".job-title")).to_contain_text("Greet")
    assert Job.objects.get().params == {"whom": "Ada", "password": "hunter2"}


def test_a_form_whose_user_signed_in_again_in_another_tab_is_shown_again(tab, greet):
    tab.goto(f"{LIST}launch/greet/")
    end_sessions()
    other = tab.context.new_page()
    other.goto("/admin/login/")
    sign_in(other)
    expect(other).to_have_url(re.compile("/admin/$"))
    tab.get_by_label("Whom").fill("Ada")
    tab.get_by_role("button", name="Launch job").click()
    expect(tab.locator(".messagelist")).to_contain_text("You signed in again")
    expect(tab.get_by_label("Whom")).to_have_value("Ada")


def test_a_double_click_launches_one_job_and_back_is_a_form_opened_again(tab, greet):
    tab.goto(f"{LIST}launch/greet/")
    for _ in range(2):
        tab.get_by_label("Whom").fill("Ada")
        tab.get_by_label("Password").fill("x")
        tab.get_by_role("button", name="Launch job").dblclick()
        expect(tab.locator(".job-title")).to_contain_text("Greet")
        tab.go_back()
        expect(tab.get_by_role("button", name="Launch job")).to_be_visible()
    assert Job.objects.count() == 2


def test_a_double_click_makes_one_token_and_shows_it(tab):
    tab.goto("/admin/jobs/apitoken/add/")
    tab.get_by_label("Name").fill("warehouse")
    tab.get_by_role("button", name="Make token").dblclick()
    expect(tab.locator("#token")).to_be_visible()
    assert ApiToken.objects.count() == 1
