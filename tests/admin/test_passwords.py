"""Password changes: guesses of the old one are limited, and tokens are revoked on request."""

import json
import logging

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from jobs.models import ApiToken, AuditEntry
from tests.support import people
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

OWN = "/admin/password_change/"
OLD, NEW, WRONG = "0ld-passw0rd", "N3w-passw0rd", "Wr0ng-guess"


@pytest.fixture
def ada(client):
    client.user = make_user("jobs.view_job", username="ada", password=OLD, is_staff=True)
    client.force_login(client.user)
    return client


def change(client, old=OLD, **entries):
    form = {"old_password": old, "new_password1": NEW, "new_password2": NEW}
    return client.post(OWN, form | entries)


def opens(token):
    return (
        Client().get("/api/v1/jobs/", headers={"authorization": f"Token {token}"}).status_code
        == 200
    )


def recorded(user):
    return [entry.text for entry in AuditEntry.objects.about(User, user.pk)]


def tokens_of(user):
    return [ApiToken.objects.create(user, name=name)[1] for name in ("warehouse", "import")]


def test_tokens_are_revoked_with_the_password_on_request(ada):
    mine, other = tokens_of(ada.user), tokens_of(people.viewer())
    page = ada.get(OWN).content.decode()
    assert "Revoke my API tokens" in page
    assert "warehouse" in page
    assert change(ada, revoke_tokens="on").status_code == 302
    assert [opens(token) for token in (*mine, *other)] == [False, False, True, True]
    assert recorded(ada.user) == [
        "Changed their own password. Revoked 2 API tokens: import, warehouse."
    ]
    assert "Revoked 2 API tokens" in ada.get("/admin/password_change/done/").content.decode()


def test_tokens_that_are_not_revoked_stay_valid(ada):
    mine = tokens_of(ada.user)
    assert change(ada).status_code == 302
    assert all(map(opens, mine))
    assert User.objects.get(pk=ada.user.pk).check_password(NEW)
    assert recorded(ada.user) == ["Changed their own password."]
    assert ada.get("/admin/").status_code == 200, "the session goes on"


def test_a_new_password_signs_the_other_sessions_out(ada):
    elsewhere = Client()
    elsewhere.force_login(ada.user)
    change(ada)
    assert elsewhere.get("/admin/").status_code == 302
    assert ada.get("/admin/").status_code == 200


def test_a_refused_change_revokes_nothing(ada):
    mine = tokens_of(ada.user)
    for entries in (
        {"old": WRONG},
        {"new_password2": "another-0ne"},
        {"new_password1": "1", "new_password2": "1"},
    ):
        assert change(ada, revoke_tokens="on", **entries).status_code == 200
    assert all(map(opens, mine))


def test_without_tokens_there_is_nothing_to_revoke(ada):
    assert "revoke_tokens" not in ada.get(OWN).content.decode()
    assert change(ada, revoke_tokens="on").status_code == 302


def test_a_superuser_sets_a_password_and_revokes_the_tokens_of_the_account(ada, admin_client):
    mine = tokens_of(ada.user)
    address = f"/admin/auth/user/{ada.user.pk}/password/"
    page = admin_client.get(address).content.decode()
    assert "Revoke its API tokens" in page
    form = {"password1": NEW, "password2": NEW, "usable_password": "true", "set-password": "1"}
    assert admin_client.post(address, form).status_code == 302
    assert all(map(opens, mine))
    assert admin_client.post(address, form | {"revoke_tokens": "on"}).status_code == 302
    assert not any(map(opens, mine))
    assert recorded(ada.user) == [
        "Changed password. Revoked 2 API tokens: import, warehouse.",
        "Changed password.",
    ]


def test_the_tokens_of_a_deactivated_account_stop_at_once(ada, admin_client):
    mine = tokens_of(ada.user)
    assert all(map(opens, mine))
    form = {
        "username": "ada",
        "is_staff": "on",
        "date_joined_0": "2026-11-25",
        "date_joined_1": "10:00:00",
    }
    assert admin_client.post(f"/admin/auth/user/{ada.user.pk}/change/", form).status_code == 302
    assert not any(map(opens, mine))
    assert ada.get("/admin/").status_code == 302, "its session stops as well"


def test_the_old_password_is_guessed_five_times_and_no_more(ada):
    answers = [change(ada, WRONG).status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 429, 429]
    assert change(ada, OLD).status_code == 429
    assert User.objects.get(pk=ada.user.pk).check_password(OLD)


def test_guesses_of_the_old_password_count_with_those_at_the_login(ada):
    for _ in range(3):
        change(ada, WRONG)
    login = Client()
    answers = [
        login.post("/admin/login/", {"username": "ada", "password": WRONG}).status_code
        for _ in range(2)
    ]
    assert answers == [200, 429]
    assert change(ada, OLD).status_code == 429


def test_wrong_old_passwords_are_on_record_once_for_each_guess_that_counts(ada, caplog):
    with caplog.at_level(logging.WARNING, logger="jobs.admin.passwords"):
        for _ in range(9):
            change(ada, WRONG)
    assert recorded(ada.user) == ["Entered a wrong old password."] * 5
    lines = [record for record in caplog.records if record.name == "jobs.admin.passwords"]
    assert {(record.account, record.client) for record in lines} == {("ada", "127.0.0.1")}
    assert WRONG not in caplog.text


def test_no_password_is_written_down_with_a_wrong_one(ada, admin_client):
    change(ada, WRONG)
    admin_client.post("/admin/login/", {"username": "ada", "password": WRONG})
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT json_agg(one) FROM "{table}" AS one')
            found = json.dumps(cursor.fetchone())
            assert not [word for word in (OLD, NEW, WRONG) if word in found], table


def test_changing_the_password_on_a_locked_name_says_when_to_try_again(ada):
    for _ in range(5):
        refused = change(ada, WRONG)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert "Too many wrong passwords" in refused.content.decode()
