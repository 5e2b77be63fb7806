"""Middleware: content policy, request id, client address, chunked bodies; and error pages."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client, RequestFactory

from backoffice.middleware import find_client

LOGIN = "/admin/login/"
# What proxies write that do not know the address, and texts that resemble an address.
GARBAGE = (
    *("", " ", "unknown", "_hidden", "unix:", "<script>", "\x00", "1.2.3", "1.2.3.4.5"),
    *("256.1.1.1", "01.2.3.4", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4 5.6.7.8", ":80", "[]:80"),
    *("[1.2.3.4", "2001:db8::1::", "%eth0", "9" * 999),
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


@pytest.mark.parametrize(
    ("peer", "address"),
    [("::ffff:10.0.0.1", "10.0.0.1"), ("fe80::1%eth0", "fe80::1"), ("", ""), ("unix:", "")],
)
def test_the_address_of_the_connection_is_parsed_as_well(peer, address):
    request = RequestFactory(REMOTE_ADDR=peer).get("/")
    find_client(lambda request: HttpResponse())(request)
    assert request.META["REMOTE_ADDR"] == address


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
