"""Slow downloads hold at most three quarters of the web threads."""

import contextlib
import http.client
import socket
import time

import pytest
from django.core.files.storage import storages
from django.test import Client

from jobs import held_threads
from jobs.models import ApiToken
from tests.download.files import CONTENT, SIZE, address_of, stored
from tests.support import people
from tests.support.processes import manage, serving


@pytest.mark.parametrize("threads", [2, 4, 8, 40])
def test_a_quarter_of_the_threads_is_never_held(settings, threads):
    settings.WEB_THREADS = threads
    held = held_threads.HeldThreads()
    releases = [held.hold() for _ in range(threads)]
    assert sum(one is None for one in releases) == max(1, threads // 4)
    releases[0]()
    releases[0]()
    assert [held.hold() is None for _ in range(2)] == [False, True]


def test_a_download_that_finds_no_thread_is_503_and_asked_to_come_back(ask, file, settings):
    settings.WEB_THREADS = 2
    release = held_threads.held_threads.hold()
    status, headers, _ = ask(file)
    assert (status, headers["Retry-After"]) == (503, "5")
    assert ask(file, "head")[0] == 200
    release()
    assert ask(file)[::2] == (200, CONTENT)


def test_what_was_downloaded_holds_no_thread(ask, file):
    for _ in range(20):
        ask(file)
        ask(file, Range="bytes=0-1")
        ask(file, Range=f"bytes={SIZE}-")
    assert held_threads.held_threads._count == 0


class SlowClient:
    """Sends a request and reads nothing of the answer."""

    def __init__(self, port, path, headers):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", port))
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: 127.0.0.1",
            *(f"{a}: {b}" for a, b in headers.items()),
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())


@pytest.fixture
def site(transactional_db, tmp_path, settings, kind, request):
    environment = {"ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "false", "TRUSTED_PROXY_COUNT": "0"}
    environment["STATIC_ROOT"] = str(tmp_path / "static")  # for the page that refuses a download
    assert manage("collectstatic", "--noinput", **environment).returncode == 0
    # The key by which the sessions of the tests are signed, and where their files are.
    ours = {"SECRET_KEY": settings.SECRET_KEY, "FILES_DIR": str(storages["jobs"].location)}
    if kind == "bucket":
        ours |= request.getfixturevalue("bucket")
    with serving(tmp_path, **environment, **ours) as running:
        yield running


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("door", ["api", "admin"])
def test_while_sixteen_clients_read_slowly_others_are_answered(site, door):
    user = people.viewer()
    headers = {"Authorization": f"Token {ApiToken.objects.create(user, name='test')[1]}"}
    if door == "admin":
        browser = Client()
        browser.force_login(user)
        headers = {"Cookie": f"sessionid={browser.session.session_key}"}
    big = stored(b"x" * 30_000_000, "big.bin")
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            client = SlowClient(site.port, address_of(big, door), headers)
            stack.enter_context(contextlib.closing(client.socket))
        time.sleep(1)
        for path in ("/api/v1/jobs/", f"/api/v1/jobs/{big.job_id}/?wait=20", "/readyz"):
            started = time.monotonic()
            assert site.ask(path, **{"Host": "127.0.0.1"} | headers).status == 200
            assert time.monotonic() - started < 15, "a long poll would wait for 20 s"
        refused = site.ask(address_of(big, door), **{"Host": "127.0.0.1"} | headers)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
    assert whole_size(site, address_of(big, door), headers) == big.size


def whole_size(site, path, headers) -> int:
    """The bytes of a file that is downloaded once the slow clients have gone."""
    for _ in range(50):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": "127.0.0.1"} | headers)
            answer = connection.getresponse()
            if answer.status == 200:
                return len(answer.read())
        time.sleep(0.2)
    raise AssertionError("the threads are still held")
