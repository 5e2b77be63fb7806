"""What every request and answer carries: content policy, request id, the client's address; and sign-in limits."""

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from backoffice.middleware import find_client

LOGIN = "/admin/login/"
# What proxies write that know no address, and what only looks like one.
GARBAGE = (
    *(
        "",
        " ",
        "unknown",
        "_hidden",
        "unix:",
        "<script>",
        "\x00",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "01.2.3.4",
    ),
    *(
        "1.2.3.4:",
        "1.2.3.4:x",
        "1.2.3.4 5.6.7.8",
        ":80",
        "[]:80",
        "[1.2.3.4",
        "2001:db8::1::",
        "%eth0",
        "9" * 999,
    ),
)


def test_a_page_may_load_our_files_only_and_no_inline_code(client):
    policy = client.get(LOGIN).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_login_page_has_nothing_that_its_policy_forbids(client):
    html = client.get(LOGIN).content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)


def test_a_sane_request_id_comes_back(client):
    assert (
        client.get(LOGIN, headers={"X-Request-ID": "order-4711.a"}).headers["X-Request-ID"]
        == "order-4711.a"
    )


@pytest.mark.parametrize(
    "insane", ["", "short", "x" * 129, "with space in it", "new\nline-in-it", "żółw-żółw"]
)
def test_any_other_request_id_is_replaced(client, insane):
    found = client.get(LOGIN, headers={"X-Request-ID": insane}).headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", found)


def test_two_requests_have_two_ids(client):
    assert client.get(LOGIN).headers["X-Request-ID"] != client.get(LOGIN).headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "6.6.6.6", "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        (2, "6.6.6.6", "10.0.0.1"),
        (0, "1.2.3.4:80", "10.0.0.1"),
        (1, "6.6.6.6:1, 1.2.3.4:4711", "1.2.3.4"),
        (2, "1.2.3.4:4711, 10.0.0.2:80", "1.2.3.4"),
        (1, "\t1.2.3.4 ", "1.2.3.4"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "2001:DB8:0:0::0001", "2001:db8::1"),
        (1, "[2001:db8::1]:443", "2001:db8::1"),
        (1, "[2001:db8::1]", "2001:db8::1"),
        (1, '"[2001:db8::1]:443"', "2001:db8::1"),
        (1, '"1.2.3.4"', "1.2.3.4"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "[fe80::1%25eth0]:443", "fe80::1"),
        (1, "::ffff:1.2.3.4", "1.2.3.4"),
        (2, "[::ffff:1.2.3.4]:80, 10.0.0.2", "1.2.3.4"),
        *((1, garbage, "10.0.0.1") for garbage in GARBAGE),
        *((2, f"{garbage}, 10.0.0.2", "10.0.0.1") for garbage in GARBAGE),
    ],
)
def test_the_clients_address_is_the_one_our_outermost_proxy_saw(
    settings, proxies, forwarded, client
):
    settings.TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory(REMOTE_ADDR="10.0.0.1").get("/")
    if forwarded is not None:
        request.META["HTTP_X_FORWARDED_FOR"] = forwarded
    find_client(lambda request: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == client
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_a_body_in_chunks_is_refused_and_not_taken_for_none(client):
    refused = client.post("/api/v1/jobs/", headers={"Transfer-Encoding": "chunked"})
    assert refused.status_code == 411
    assert refused.json()["code"] == "length_required"
    assert refused.headers["X-Request-ID"] == refused.json()["request_id"]


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
    assert "Try again in 15 minutes" in refused.content.decode()


@pytest.mark.usefixtures("five_wrong_passwords")
def test_a_forged_address_does_not_open_a_closed_login(client):
    assert sign_in(client, "right", X_Forwarded_For="6.6.6.6").status_code == 429
    assert sign_in(client, "right", Forwarded="for=6.6.6.6", X_Real_IP="6.6.6.6").status_code == 429


@pytest.mark.parametrize(
    ("peer", "address"),
    [("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1%eth0", "fe80::1"), ("", ""), ("unix:", "")],
)
def test_the_address_of_the_connection_is_parsed_as_well(peer, address):
    request = RequestFactory(REMOTE_ADDR=peer).get("/")
    find_client(lambda request: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address


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


def test_an_address_that_is_not_there_is_a_page_for_people_and_a_problem_for_programs(client):
    page = client.get("/nothing", headers={"X-Request-ID": "order-4711"})
    assert page.status_code == 404
    assert "There is nothing at this address" in page.content.decode()
    stylesheet = re.search(r'href="/static/([^"]+)"', page.content.decode())[1]
    assert finders.find(stylesheet), "the page that says what failed has its looks"
    assert "order-4711" in page.content.decode()
    problem = client.get("/api/nothing", headers={"X-Request-ID": "order-4711"})
    assert problem.status_code == 404
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert problem.json()["request_id"] == "order-4711"


def test_a_form_that_is_not_ours_is_refused_on_a_page_that_the_policy_allows():
    refused = Client(enforce_csrf_checks=True).post(LOGIN, {"username": "ada", "password": "right"})
    assert refused.status_code == 403
    assert "not from one of our pages" in refused.content.decode()


def test_a_foreign_host_is_refused(client):
    refused = client.get("/api/v1/jobs/", headers={"Host": "evil.example"})
    assert refused.status_code == 400
    assert refused.json()["code"] == "bad_request"


def test_the_session_cookie_is_out_of_reach_for_scripts_and_ends_with_the_day(client, db):
    User.objects.create_user("ada", password="right", is_staff=True)
    cookie = sign_in(client, "right").cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 12 * 3600


def test_the_login_is_where_pages_send_strangers(client, settings):
    assert reverse(settings.LOGIN_URL) == LOGIN
