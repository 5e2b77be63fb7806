"""Error pages: 403 names the right and whom to ask, and each leads on."""

import pytest
from django.test import Client

from jobs.models import Job
from tests.support import people
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"


def text_of(client, address, post=None):
    """The text of the page that answers a GET, or the POST of these entries."""
    return (client.post(address, post) if post else client.get(address)).content.decode()


def test_the_root_leads_to_the_admin(client):
    answer = client.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")


@pytest.mark.parametrize(
    ("address", "post", "right"),
    [
        (f"{LIST}launch/", None, "jobs.add_job"),
        (LIST, {"action": "cancel", "_selected_action": "1"}, "jobs.cancel_job"),
        ("/admin/auth/user/", None, "auth.view_user"),
        ("/admin/auth/group/add/", None, "auth.add_group"),
        ("/admin/jobs/auditentry/", None, "jobs.view_auditentry"),
        ("/admin/axes/accessattempt/", None, "axes.view_accessattempt"),
    ],
)
def test_a_403_names_the_missing_right_and_who_can_give_it(client, address, post, right):
    people.superuser(first_name="Maria", last_name="Rossi")
    client.force_login(people.viewer())
    page = text_of(client, address, post)
    assert f"({right})" in page
    assert "Maria Rossi" in page
    assert 'aria-label="Main"' in page, "the page has the navigation"


def test_a_403_for_a_type_names_the_right_of_that_type(client, make_type):
    make_type(slug="payroll", permission="auth.change_user")
    client.force_login(people.operator())
    page = text_of(client, f"{LIST}launch/payroll/")
    assert "“Can change user” (auth.change_user)" in page


def test_a_403_that_no_right_would_change_names_none(client):
    client.force_login(people.superuser())
    page = text_of(client, f"{LIST}add/")
    assert "You may not do this." in page
    assert "You need the right" not in page


def test_visitors_who_are_not_staff_see_no_names(client):
    people.superuser(first_name="Maria", last_name="Rossi")
    client.force_login(people.stranger())
    for visitor in (client, Client()):
        page = text_of(visitor, "/healthz")
        assert "Sign in with an account" in page
        assert "Maria" not in page


def test_names_on_error_pages_are_text(client):
    people.superuser(first_name="<b>Maria</b>")
    client.force_login(make_user(is_staff=True))
    assert "<b>Maria" not in text_of(client, LIST)


def test_a_missing_row_is_a_404_in_the_frame_of_the_admin(client):
    client.force_login(people.operator())
    page = text_of(client, f"{LIST}{Job().pk}/change/")
    assert "It may have been deleted" in page
    assert 'aria-label="Main"' in page
