"""A web server that stops answers what it was asked, and nothing that it accepted breaks."""

import contextlib
import http.client
import json
import os
import signal
import socket
import time

import pytest
from django.conf import settings
from django.core.files.storage import storages

from jobs.models import ApiToken
from tests.download.files import address_of, stored
from tests.support import people
from tests.support.factories import make_job
from tests.support.load import load
from tests.support.polling import wait_until
from tests.support.processes import Site, serving

pytestmark = pytest.mark.django_db(transaction=True)
HTTP = {"HTTPS": "false", "ALLOWED_HOSTS": "127.0.0.1", "TRUSTED_PROXY_COUNT": "0"}
ALIVE = "/livez"


@pytest.fixture
def ours():
    return HTTP | {
        "SECRET_KEY": settings.SECRET_KEY,
        "FILES_DIR": str(storages["jobs"].location),
        "WEB_THREADS": "16",
    }


@pytest.fixture
def site(tmp_path, ours):
    with serving(tmp_path, **ours) as running:
        yield running


@pytest.fixture
def operator():
    return people.operator()


@pytest.fixture
def caller(operator):
    return {"Authorization": f"Token {ApiToken.objects.create(operator, name='test')[1]}"}


def connected(site: Site) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", site.port, timeout=40)


def stop(site: Site) -> None:
    """Ask the server to stop; returns once it has closed its port, which it does first."""
    os.kill(site.pid, signal.SIGTERM)
    wait_until(lambda: not listens(site))


def listens(site: Site) -> bool:
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", site.port), 10).close()
        return True
    return False


def asked(site: Site, path: str, **headers: str) -> http.client.HTTPConnection:
    connection = connected(site)
    connection.request("GET", path, headers=headers)
    return connection


def test_long_polls_are_answered_at_once_when_the_server_stops(site, caller, operator):
    job = make_job(created_by=operator)
    path = f"/api/v1/jobs/{job.id}/?wait=30"
    with contextlib.ExitStack() as stack:
        polls = [
            stack.enter_context(contextlib.closing(asked(site, path, **caller))) for _ in range(5)
        ]
        time.sleep(1)
        began_at = time.monotonic()
        stop(site)
        answers = [poll.getresponse() for poll in polls]
        assert time.monotonic() - began_at < 15, "they asked for 30 s"  # 0.2 s on a quiet machine
        for answer in answers:
            assert (answer.status, answer.headers["Connection"]) == (200, "close")
            assert json.loads(answer.read())["status"] == "PENDING"
        assert site.process.wait(40) == 0


def test_an_upload_and_a_download_in_flight_end_before_the_server_does(site, caller):
    file = stored(os.urandom(1024) * 8192)
    body = json.dumps({"padding": "x" * 400_000, "last": 1}).encode()
    head = f"POST /api/v1/jobs/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Type: application/json\r\nAuthorization: {caller['Authorization']}\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", site.port), 40) as uploading,
        contextlib.closing(asked(site, address_of(file, "api"), **caller)) as downloading,
    ):
        uploading.sendall(head.encode() + body[:300_000])
        answer = downloading.getresponse()
        assert len(answer.read(1024)) == 1024
        time.sleep(0.5)
        stop(site)
        uploading.sendall(body[300_000:])
        assert len(answer.read()) == file.size - 1024
        assert uploading.recv(65536).startswith(b"HTTP/1.1 400 ")  # an unknown member, read whole
        assert site.process.wait(40) == 0


def test_a_kept_connection_may_ask_once_more_while_the_server_stops(site):
    kept = connected(site)
    with contextlib.closing(kept):
        kept.request("GET", ALIVE)
        assert kept.getresponse().read()
        stop(site)
        kept.request("GET", ALIVE)
        answer = kept.getresponse()
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
        assert site.process.wait(40) == 0


def test_clients_that_do_not_close_their_connections_hold_up_nobody(site):
    close = {"Connection": "close"}
    with contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(contextlib.closing(asked(site, ALIVE, **close))) for _ in range(20)
        ]
        began_at = time.monotonic()
        assert all(b"200 OK" in client.sock.recv(65536) for client in clients)
        assert site.ask(ALIVE).status == 200
        assert time.monotonic() - began_at < 10  # and not 2 s for each of them
        stop(site)
        assert site.process.wait(40) == 0


def test_no_accepted_connection_breaks_when_the_server_stops(site, caller, operator):
    job = make_job(created_by=operator)
    file = stored(os.urandom(1024) * 8192)
    poll = asked(site, f"/api/v1/jobs/{job.id}/?wait=30", **caller)
    download = asked(site, address_of(file, "api"), **caller)  # keeps the server alive for a while
    with contextlib.closing(poll), contextlib.closing(download), load(site.port) as found:
        wait_until(lambda: found["answered"] > 100)
        stop(site)
        wait_until(lambda: found["refused"] > 10)
        assert site.process.poll() is None, "the download is under way"
        assert download.getresponse().read()
        site.process.wait(40)
    assert found["broken"] == []
