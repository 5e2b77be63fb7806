"""Breadcrumbs of pages about one object lead to its page and its list, past no application."""

import re

import pytest
from django.contrib.auth import get_user_model

from tests.support import people
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

USERS = "/admin/auth/user/"


def links(client, address, data=None):
    answer = client.post(address, data) if data else client.get(address)
    assert answer.status_code == 200
    [crumbs] = re.findall(r'(?s)<div class="breadcrumbs">.*?</div>', answer.content.decode())
    return re.findall(r'href="([^"]*)"', crumbs), crumbs.removesuffix("</div>").split()[-1]


@pytest.mark.parametrize(
    ("page", "last"), [("history", "History"), ("delete", "Delete"), ("password", "Password")]
)
def test_a_page_about_an_account_leads_back_to_it(client, page, last):
    people.sign_in(client, people.superuser())
    own = f"{USERS}{make_user(username='jonas').pk}/"
    assert links(client, f"{own}{page}/") == (["/admin/", USERS, f"{own}change/"], last)


def test_the_question_about_several_accounts_leads_back_to_the_list(client):
    people.sign_in(client, people.superuser())
    make_user(username="jonas")
    ticked = get_user_model().objects.filter(username="jonas").values_list("pk", flat=True)
    data = {"action": "delete_selected", "_selected_action": [*ticked]}
    assert links(client, USERS, data) == (["/admin/", USERS], "Delete")
