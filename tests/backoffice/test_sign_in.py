"""Sign-in: limits on wrong passwords, known browsers, and the session's cookie."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

LOGIN = "/admin/login/"


@pytest.fixture
def five_wrong_passwords(client, db):
    User.objects.create_user("ada", password="right", is_staff=True)
    for _ in range(5):
        sign_in(client, "wrong")


def sign_in(client, password, **headers):
    return client.post(LOGIN, {"username": "ada", "password": password}, headers=headers)


@pytest.mark.usefixtures("five_wrong_passwords")
def test_the_sixth_login_is_refused_even_with_the_right_password(client):
    refused = sign_in(client, "right")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert "Try again in 15 min" in refused.content.decode()


@pytest.mark.usefixtures("five_wrong_passwords")
def test_a_forged_address_does_not_open_a_closed_login(client):
    assert sign_in(client, "right", X_Forwarded_For="6.6.6.6").status_code == 429
    assert sign_in(client, "right", Forwarded="for=6.6.6.6", X_Real_IP="6.6.6.6").status_code == 429


@pytest.mark.parametrize(
    "forwarded", ["6.6.6.6:{}", "[2001:db8::6]:{}", "unknown", "_hidden", "fe80::6%eth{}"]
)
def test_one_client_behind_a_proxy_closes_a_name_for_itself_alone(client, db, settings, forwarded):
    settings.TRUSTED_PROXY_COUNT = 1
    User.objects.create_user("ada", password="right", is_staff=True)
    for port in range(5):
        sign_in(client, "wrong", X_Forwarded_For=forwarded.format(port))
    assert sign_in(client, "right", X_Forwarded_For=forwarded.format(6)).status_code == 429
    assert sign_in(client, "right", X_Forwarded_For="1.2.3.4:4711").status_code == 302


@pytest.mark.parametrize(
    ("peer", "forwarded"),
    [
        ("10.0.0.1", "\x00"),
        ("10.0.0.1", "unknown"),
        ("fe80::1%eth0", ""),
        ("", "unknown"),
        ("unix:", ""),
    ],
)
def test_wrong_passwords_from_an_unknown_address_are_counted_too(db, settings, peer, forwarded):
    settings.TRUSTED_PROXY_COUNT = 1
    User.objects.create_user("ada", password="right", is_staff=True)
    nowhere = Client(REMOTE_ADDR=peer)
    answers = [sign_in(nowhere, "wrong", X_Forwarded_For=forwarded).status_code for _ in range(6)]
    assert answers == [200, 200, 200, 200, 429, 429]


def test_a_known_browser_is_not_locked_out_by_other_clients_of_its_address(db, settings):
    settings.TRUSTED_PROXY_COUNT = 1
    User.objects.create_user("ada", password="right", is_staff=True)
    of_ada, of_another = Client(), Client()
    sign_in(of_ada, "right", X_Forwarded_For="unknown")
    of_ada.post("/admin/logout/")
    of_another.cookies["known_browser"] = "1:forged"
    for _ in range(5):
        sign_in(of_another, "wrong", X_Forwarded_For="unknown")
    assert sign_in(of_another, "right", X_Forwarded_For="unknown").status_code == 429
    assert sign_in(of_ada, "right", X_Forwarded_For="unknown").status_code == 302


@pytest.mark.parametrize("typed", ["ada (known browser)", "ada (known (known browser) browser)"])
def test_a_known_browser_is_not_locked_out_by_the_name_under_which_it_is_counted(db, typed):
    User.objects.create_user("ada", password="right", is_staff=True)
    of_ada, of_another = Client(), Client()
    sign_in(of_ada, "right")
    of_ada.post("/admin/logout/")
    for _ in range(6):
        of_another.post(LOGIN, {"username": typed, "password": "wrong"})
    assert sign_in(of_ada, "right").status_code == 302


def test_a_known_browser_has_five_wrong_passwords_for_its_own_name(client, db):
    User.objects.create_user("ada", password="right", is_staff=True)
    sign_in(client, "right")
    client.post("/admin/logout/")
    assert [sign_in(client, "wrong").status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    User.objects.create_user("eve", password="right", is_staff=True)
    assert client.post(LOGIN, {"username": "eve", "password": "right"}).status_code == 302


@pytest.mark.usefixtures("five_wrong_passwords")
def test_the_same_name_may_sign_in_from_elsewhere(client):
    client.defaults["REMOTE_ADDR"] = "10.9.8.7"
    assert sign_in(client, "right").status_code == 302


def test_the_session_cookie_is_out_of_reach_for_scripts_and_ends_with_the_day(client, db):
    User.objects.create_user("ada", password="right", is_staff=True)
    cookie = sign_in(client, "right").cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 12 * 3600


def test_the_login_is_where_pages_send_strangers(client, settings):
    assert reverse(settings.LOGIN_URL) == LOGIN
