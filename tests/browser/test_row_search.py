"""The search of rows in a launch form, by keyboard and by mouse."""

import pytest
from django import forms
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from jobs.models import Job
from tests.browser.test_pages import seriously_wrong
from tests.support import people

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

ADDRESS = "/admin/jobs/job/launch/teams/"


class Teams(forms.Form):
    team = forms.ModelChoiceField(Group.objects.all())
    others = forms.ModelMultipleChoiceField(Group.objects.all(), required=False)


@pytest.fixture
def teams(make_type, redis, transactional_db):
    make_type(slug="teams", label="Teams", form=Teams)
    Group.objects.bulk_create(Group(name=f"Team {number}") for number in range(1000))


def key(name):
    return Group.objects.get(name=name).pk


def test_a_row_is_found_and_chosen_by_keyboard_and_rows_by_mouse(open_as, teams):
    page = open_as(people.superuser(), viewport={"width": 1280, "height": 900})
    page.goto(ADDRESS)
    team, others = page.get_by_role("combobox").all()
    team.focus()
    page.keyboard.type("eam 77")
    options = page.get_by_role("option")
    expect(options.first).to_have_text("Team 77")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(team).to_have_value("Team 177")
    expect(page.locator("#curl")).to_contain_text(f'"team": {key("Team 177")}')
    for name in ("Team 5", "Team 6"):
        others.fill(name)
        page.get_by_role("option", name=name, exact=True).click()
    page.get_by_role("button", name="Remove Team 5").click()
    others.fill("Team 8")  # not chosen from the list
    expect(page.get_by_role("option", name="Team 8", exact=True)).to_be_visible()
    assert seriously_wrong(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Launch job").click()
    expect(page.locator(".job-title .badge")).to_have_text("Pending")
    chosen = [key("Team 6"), key("Team 8")]
    assert Job.objects.get().params == {"team": key("Team 177"), "others": chosen}


def test_a_name_that_no_row_has_stays_in_the_field_beside_its_error(open_as, teams):
    page = open_as(people.superuser())
    page.goto(ADDRESS)
    team = page.get_by_role("combobox").first
    team.fill("Team")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Launch job").click()
    expect(page.locator(".errorlist")).to_contain_text("No row has this key or exact name")
    expect(page.get_by_role("combobox").first).to_have_value("Team")
    assert not Job.objects.exists()
