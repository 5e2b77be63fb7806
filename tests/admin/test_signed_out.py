"""A form that arrives after its user was signed out does nothing; after signing in it is as it was filled in."""

import re

import pytest
from django import forms
from django.contrib.sessions.models import Session
from django.test import Client

from jobs.models import ApiToken, Job, Status
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/jobs/job/"
FORM = f"{LIST}launch/greet/"
LOGIN = "/admin/login/"
RIGHTS = [
    *(f"jobs.{verb}_job" for verb in ("view", "add", "cancel", "delete")),
    "jobs.add_apitoken",
]


class Greeting(forms.Form):
    whom = forms.CharField()
    times = forms.IntegerField(initial=1)
    urgent = forms.BooleanField(required=False)
    password = forms.CharField()
    pin = forms.CharField(required=False, widget=forms.PasswordInput)


@pytest.fixture
def greet(make_type, redis):
    return make_type(slug="greet", form=Greeting, secret_fields=("password",))


class Browser(Client):
    """A browser that sends the CSRF token of the page it has open."""

    def __init__(self, name):
        super().__init__(enforce_csrf_checks=True)
        make_user(*RIGHTS, username=name, password="pass", is_staff=True)
        self.sign_in(name)

    def open(self, address):
        self.page = self.get(address)
        return self.page.content.decode()

    def field(self, name):
        return re.search(f'name="{name}" value="([^"]+)"', self.page.content.decode())[1]

    def press(self, address, **entries):
        """Send the form of the page that is open."""
        hidden = {name: self.field(name) for name in ("csrfmiddlewaretoken", "once")}
        return self.post(
            address, hidden | {name.replace("__", "-"): value for name, value in entries.items()}
        )

    def sign_in(self, name, address=LOGIN):
        """Sign in on the login page, as another tab would."""
        self.get(address)
        token = self.cookies["csrftoken"].value
        entries = {"username": name, "password": "pass", "csrfmiddlewaretoken": token}
        return self.post(address, entries)

    def forget_session(self):
        """The session ends on the server, as after twelve hours."""
        Session.objects.all().delete()


@pytest.fixture
def olga(client):
    return Browser("olga")


FILLED = {
    "name": "Hi <there>",
    "params__whom": "Ada's",
    "params__times": "7",
    "params__urgent": "on",
}
SECRET = {"params__password": "hunter2", "params__pin": "4711"}


def assert_filled(text):
    assert 'value="Hi &lt;there&gt;"' in text
    assert 'value="Ada&#x27;s"' in text
    assert 'value="7"' in text
    assert "checked" in text
    assert "as you filled it in" in text
    assert "hunter2" not in text
    assert "4711" not in text


def assert_no_secret_is_stored():
    for session in Session.objects.all():
        assert "hunter2" not in str(session.get_decoded())
        assert "4711" not in str(session.get_decoded())


def test_a_launch_form_comes_back_as_it_was_filled_in_but_for_its_secrets(olga, greet):
    olga.open(FORM)
    olga.forget_session()
    answer = olga.press(FORM, **FILLED, **SECRET)
    assert not Job.objects.exists()
    assert_no_secret_is_stored()
    login = answer.headers["Location"]
    assert "You were signed out" in olga.get(login).content.decode()
    there = olga.sign_in("olga", login).headers["Location"]
    assert there == FORM
    assert_filled(olga.open(there))
    assert not Job.objects.exists(), "signing in launches nothing"
    assert "Ada" not in olga.get(FORM).content.decode(), "it comes back once"
    assert olga.press(FORM, **FILLED, **SECRET).status_code == 302
    assert Job.objects.get().params["whom"] == "Ada's"


def test_another_account_that_signs_in_does_not_see_what_was_typed(olga, greet):
    make_user(*RIGHTS, username="omar", password="pass", is_staff=True)
    olga.open(FORM)
    olga.forget_session()
    login = olga.press(FORM, **FILLED).headers["Location"]
    there = olga.sign_in("omar", login).headers["Location"]
    assert "Ada" not in olga.open(there)
    olga.sign_in("olga")
    assert "Ada" not in olga.open(there)


def test_a_form_from_before_a_sign_in_in_another_tab_comes_back_filled(olga, greet):
    olga.open(FORM)
    olga.post("/admin/logout/", {"csrfmiddlewaretoken": olga.field("csrfmiddlewaretoken")})
    olga.sign_in("olga")
    answer = olga.press(FORM, **FILLED, **SECRET)
    assert answer.headers["Location"] == FORM
    text = olga.open(FORM)
    assert "You signed in again" in text
    assert_filled(text)
    assert not Job.objects.exists()


def test_a_form_of_another_account_is_neither_sent_nor_shown(olga, greet):
    make_user(*RIGHTS, username="omar", password="pass", is_staff=True)
    olga.open(FORM)
    olga.post("/admin/logout/", {"csrfmiddlewaretoken": olga.field("csrfmiddlewaretoken")})
    olga.sign_in("omar")
    answer = olga.press(FORM, **FILLED)
    text = olga.open(answer.headers["Location"])
    assert "You are omar" in text
    assert "Ada" not in text
    assert not Job.objects.exists()


@pytest.mark.parametrize("tab", ["ended", "signed in again"])
@pytest.mark.parametrize(
    ("verb", "status"),
    [("cancel", Status.PENDING), ("rerun", Status.FAILED), ("acknowledge", Status.FAILED)],
)
def test_what_was_pressed_on_a_jobs_page_leads_back_to_it_with_the_note(
    olga, greet, verb, status, tab
):
    job = make_job(type="greet", status=status)
    page = f"{LIST}{job.pk}/change/"
    olga.open(page)
    olga.forget_session()
    if tab == "signed in again":
        olga.sign_in("olga")
    answer = olga.press(f"{LIST}{job.pk}/{verb}/", note="Wrong month")
    if tab == "ended":
        answer = olga.sign_in("olga", answer.headers["Location"])
    assert answer.headers["Location"] == page
    text = olga.open(page)
    assert ('value="Wrong month"' in text) == (verb != "rerun")
    job.refresh_from_db()
    assert (job.status, job.acknowledged_at, Job.objects.count()) == (status, None, 1), (
        "nothing was done"
    )


def test_the_name_of_a_token_comes_back(olga):
    address = "/admin/jobs/apitoken/add/"
    olga.open(address)
    olga.forget_session()
    login = olga.press(address, name="warehouse", days="30").headers["Location"]
    assert olga.sign_in("olga", login).headers["Location"] == address
    assert 'value="warehouse"' in olga.open(address)
    assert not ApiToken.objects.exists()


def test_a_confirmation_is_asked_again_with_its_note(olga):
    job = make_job()
    asked = {
        "action": "cancel",
        "index": "0",
        "select_across": "0",
        "_selected_action": str(job.pk),
    }
    olga.open(f"{LIST}?type=report")
    asked["csrfmiddlewaretoken"] = olga.field("csrfmiddlewaretoken")
    olga.page = olga.post(f"{LIST}?type=report", asked)
    confirmed = asked | {"confirmed": "yes", "note": "Wrong month"}
    confirmed.pop("index")
    confirmed |= {
        name: olga.field(name) for name in ("once", "as_of", "newest", "csrfmiddlewaretoken")
    }
    olga.forget_session()
    login = olga.post(f"{LIST}?type=report", confirmed).headers["Location"]
    there = olga.sign_in("olga", login).headers["Location"]
    text = olga.open(there)
    assert "Cancel 1 job?" in text
    assert 'value="Wrong month"' in text
    job.refresh_from_db()
    assert job.status == Status.PENDING


def test_ticks_from_before_a_sign_in_in_another_tab_lead_to_the_question(olga):
    job = make_job()
    olga.open(LIST)
    olga.forget_session()
    olga.sign_in("olga")
    answer = olga.press(
        LIST, action="cancel", index="0", select_across="0", _selected_action=str(job.pk)
    )
    assert "Cancel 1 job?" in olga.open(answer.headers["Location"])
    job.refresh_from_db()
    assert job.status == Status.PENDING


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
