"""Where each URL of the admin leads users who are signed out, and forms that are not ours."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from jobs.models import Job, Status
from tests.admin.csrf_browser import FILLED, FORM, LIST, LOGIN, Browser, Greeting, assert_filled
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def greet(make_type, redis):
    return make_type(slug="greet", form=Greeting, secret_fields=("password",))


@pytest.fixture
def olga(client):
    return Browser("olga")


@pytest.mark.parametrize("below", ["files/1/", "log/", "live/"])
def test_a_download_while_signed_out_leads_to_the_page_of_the_job(olga, below):
    page = f"{LIST}{make_job().pk}/"
    olga.forget_session()
    login = olga.get(f"{page}{below}").headers["Location"]
    assert olga.sign_in("olga", login).headers["Location"] == f"{page}change/"


def test_no_address_of_the_admin_fails_for_a_user_who_is_signed_out(olga, greet):
    job = make_job(type="greet", status=Status.FAILED)
    olga.forget_session()
    below = [
        "",
        "change/",
        "delete/",
        "cancel/",
        "rerun/",
        "acknowledge/",
        "log/",
        "live/",
        "files/1/",
    ]
    addresses = [f"{LIST}{job.pk}/{address}" for address in below]
    addresses += [
        "/admin/",
        LIST,
        f"{LIST}live/?ids={job.pk}",
        f"{LIST}launch/",
        FORM,
        f"{FORM}call/",
    ]
    addresses += [
        "/admin/jobs/apitoken/add/",
        "/admin/logout/",
        "/admin/nothing/",
        "/admin/auth/user/",
    ]
    token = {"csrfmiddlewaretoken": olga.cookies["csrftoken"].value}
    for address in addresses:
        assert olga.get(address).status_code in (302, 405), address
        assert olga.post(address, token).status_code in (302, 404), address


def test_a_form_whose_cookies_were_all_deleted_comes_back(olga, greet):
    olga.open(FORM)
    olga.cookies.clear()
    login = olga.press(FORM, **FILLED).headers["Location"]
    there = olga.sign_in("olga", login).headers["Location"]
    assert_filled(olga.open(there))


def test_a_sign_in_on_an_old_login_page_leads_to_where_it_would_have_led(olga):
    other = Client()
    other.get(LOGIN)
    old = other.cookies["csrftoken"].value
    there = f"{LIST}?status=FAILED"
    entries = {"username": "olga", "password": "pass", "csrfmiddlewaretoken": old, "next": there}
    answer = olga.post(LOGIN, entries)
    assert olga.get(answer.headers["Location"]).headers["Location"] == there


@pytest.mark.parametrize(
    "there", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"]
)
def test_no_address_of_another_site_is_gone_to_after_a_sign_in(olga, there):
    answer = olga.get(LOGIN, {"next": there})
    assert answer.headers["Location"] == "/admin/"


def test_nothing_is_kept_of_a_form_that_the_site_did_not_give_out(greet):
    Client().post(FORM, {"name": "x", "once": "1-abc:forged"} | FILLED)
    assert not Session.objects.exists()


def test_a_form_of_another_site_is_refused(olga, greet):
    answer = olga.post(FORM, {"name": "x", "params-whom": "y"})
    assert answer.status_code == 403
    assert not Job.objects.exists()


@pytest.mark.parametrize("address", ["cancel/", "rerun/", "acknowledge/"])
def test_an_address_that_takes_forms_only_says_so(olga, address):
    answer = olga.get(f"{LIST}{make_job().pk}/{address}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "only accepts forms" in answer.content.decode()


@pytest.mark.parametrize("address", [f"{FORM}call/", "/admin/logout/"])
def test_no_refusal_of_a_method_is_blank(olga, greet, address):
    answer = olga.get(address)
    assert answer.status_code == 405
    assert "only accepts forms" in answer.content.decode()


def test_signing_in_from_the_live_cells_of_the_list_leads_to_the_list(client, db):
    answer = client.get("/admin/jobs/job/live/")
    assert answer.status_code == 302
    assert answer["Location"] == "/admin/login/?next=/admin/jobs/job/"
