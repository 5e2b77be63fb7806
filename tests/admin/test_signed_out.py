"""A form sent after sign-out does nothing, and is shown filled in after sign-in."""

import pytest
from django.contrib.sessions.models import Session

from jobs.models import ApiToken, Job, Status
from tests.admin.csrf_browser import (
    FILLED,
    FORM,
    LIST,
    RIGHTS,
    SECRET,
    Browser,
    Greeting,
    assert_filled,
)
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def greet(make_type, redis):
    return make_type(slug="greet", form=Greeting, secret_fields=("password",))


@pytest.fixture
def olga(client):
    return Browser("olga")


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
