"""The lists of sign-ins: failed ones, which lock accounts, and past ones."""

import pytest
from axes.models import AccessAttempt, AccessLog

from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

ATTEMPTS = "/admin/axes/accessattempt/"


def make_attempt(**fields):
    defaults = {"username": "olga", "ip_address": "10.0.0.1", "failures_since_start": 2}
    return AccessAttempt.objects.create(**defaults | fields)


def test_the_list_says_who_is_locked_and_for_how_long(superuser):
    make_attempt()
    assert b"Locked" not in superuser.get(ATTEMPTS).content
    make_attempt(username="lena", failures_since_start=5)
    page = superuser.get(ATTEMPTS).content.decode()
    assert "Locked" in page
    assert "for 15 min after the last one" in page


def test_a_sign_in_is_found_by_the_complete_name_or_address(superuser):
    make_attempt()
    other = make_attempt(username="lena", ip_address="2001:db8::1")
    for term in ("lena", "2001:db8::1", "2001:0db8:0::1"):
        found = superuser.get(ATTEMPTS, {"q": term}).context["cl"].result_list
        assert [*found] == [other], term
    for term in ("nobody", "10.0.0.999", "le"):
        assert [*superuser.get(ATTEMPTS, {"q": term}).context["cl"].result_list] == []


def test_the_entry_of_a_locked_account_is_deleted_but_not_changed(superuser):
    locked = make_attempt(failures_since_start=5)
    change = {"username": "other", "failures_since_start": "0"}
    assert superuser.post(f"{ATTEMPTS}{locked.pk}/change/", change).status_code == 403
    assert superuser.post(f"{ATTEMPTS}{locked.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_past_sign_ins_stay(superuser):
    past = AccessLog.objects.create(username="olga", ip_address="10.0.0.1", user_agent="Firefox")
    page = superuser.get("/admin/axes/accesslog/").content.decode()
    assert "<h1>Sign-ins</h1>" in page
    superuser.post(f"/admin/axes/accesslog/{past.pk}/delete/", {"post": "yes"})
    assert AccessLog.objects.filter(pk=past.pk).exists()


def test_the_home_page_names_the_lists_in_plain_words(superuser):
    page = superuser.get("/admin/").content.decode()
    assert "Failed sign-ins" in page
    assert "Access attempts" not in page


def test_staff_without_the_right_see_no_sign_ins(client):
    make_attempt()
    client.force_login(make_user("jobs.view_job", is_staff=True))
    assert client.get(ATTEMPTS).status_code == 403
