"""Clients that send slowly do not keep others out: no thread waits for a request to arrive."""

import contextlib
import json
import socket
import time

import pytest

from backoffice import web_worker
from jobs.models import ApiToken
from tests.support import people
from tests.support.processes import serving

CLIENTS = 200
BEGINNINGS = {
    "nothing": b"",
    "half a line": b"GET /li",
    "half a head": b"GET /livez HTTP/1.1\r\nHost: localhost\r\n",
    "half a body": b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 900\r\n\r\na=",
    "half a body, its length with zeros": b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 0000000000000000000000900\r\n\r\na=",
    "a long body": b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 900000\r\n\r\na=",
    "a body in chunks": b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe",
    "a body on demand": b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
    "a next request": b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /li",
}
PROBE = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory, django_db_setup):
    options = {"HTTPS": "false", "ALLOWED_HOSTS": "localhost", "TRUSTED_PROXY_COUNT": "0"}
    with serving(tmp_path_factory.mktemp("site"), **options) as running:
        yield running


def connected(site) -> socket.socket:
    return socket.create_connection(("127.0.0.1", site.port), 10)


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_probes_are_answered_beside_200_slow_clients(site, beginning):
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(site)) for _ in range(CLIENTS)]
        for client in clients:
            client.sendall(BEGINNINGS[beginning])
        for _ in range(5):
            began_at = time.monotonic()
            assert site.ask("/livez").status == 200
            assert time.monotonic() - began_at < 2
            for client in clients[:20]:
                with contextlib.suppress(OSError):  # the server may have answered and closed
                    client.sendall(b"a")
            time.sleep(0.2)


def answers(client, count=1) -> bytes:
    """What the client is answered, until it has `count` answers with a body in JSON."""
    found = b""
    while found.count(b"}") < count:
        data = client.recv(65536)
        assert data, found
        found += data
    return found


def test_a_request_may_come_byte_by_byte_and_two_at_once(site):
    with connected(site) as client:
        for byte in PROBE:
            client.sendall(bytes([byte]))
        assert b'{"status": "ok"}' in answers(client)
        client.sendall(PROBE + PROBE)
        assert answers(client, 2).count(b"200 OK") == 2
        client.sendall(PROBE[:30])
        time.sleep(0.2)
        client.sendall(PROBE[30:] + PROBE[:10])
        assert b"200 OK" in answers(client)
        client.sendall(PROBE[10:])
        assert b"200 OK" in answers(client)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [0, 3_000, 127_000, 131_072, 131_073, 900_000])
def test_a_body_of_any_size_arrives_whole(site, size):
    token = ApiToken.objects.create(people.operator(), name="test")[1]
    body = json.dumps({"padding": "x" * size, "last": 1}).encode()
    head = f"POST /api/v1/jobs/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Type: application/json\r\nAuthorization: Token {token}\r\n\r\n"
    with connected(site) as client:
        for _ in range(2):  # the second one on the kept connection
            client.sendall(head.encode() + body[:100])
            time.sleep(0.05)
            client.sendall(body[100:])
            assert b"/last" in answers(client, 4), "an unknown member, which the server has read"
        client.sendall(PROBE)
        assert b"200 OK" in answers(client)


def test_a_request_that_does_not_end_is_closed_after_a_while(monkeypatch):
    first, second = (web_worker.Arrival(object(), until) for until in (1.0, 2e9))
    second.data += b"GET"
    worker = object.__new__(web_worker.ArrivalWorker)
    worker.alive, worker._arrivals, worker._lingering = True, {1: first, 2: second}, {}
    closed = []
    monkeypatch.setattr(worker, "_close", closed.append)
    worker.murder_pending()
    assert closed == [first]


def test_a_stopping_server_does_not_wait_for_silent_clients(tmp_path, django_db_setup):
    began_at = None
    with serving(tmp_path) as site, contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(connected(site))
        time.sleep(0.5)
        began_at = time.monotonic()
    assert time.monotonic() - began_at < 20, "requests get 30 s"
