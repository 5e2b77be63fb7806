"""Downloads as HTTP has them, by both doors: validators, parts of a file, HEAD, names; and slow clients."""

import contextlib
import hashlib
import http.client
import socket
import time
from io import BytesIO
from urllib.parse import quote, unquote

import pytest
from django.core.files.storage import storages
from django.test import Client

from jobs import held_threads
from jobs.models import ApiToken, JobFile
from tests.support import people
from tests.support.factories import make_job
from tests.support.processes import serving

CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)
ETAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


def stored(content: bytes, name: str = "data.bin") -> JobFile:
    return JobFile.objects.create(
        job=make_job(status="COMPLETED"),
        attempt=1,
        name=name,
        content_type="application/octet-stream",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        stored_name=storages["jobs"].save("test", BytesIO(content)),
    )


def address_of(file: JobFile, door: str) -> str:
    if door == "api":
        return f"/api/v1/jobs/{file.job_id}/files/{quote(file.name)}"
    return f"/admin/jobs/job/{file.job_id}/files/{file.pk}/"


@pytest.fixture(params=["api", "admin"])
def ask(request, db):
    """Ask for a file by each door as a browser session does; returns status, headers and body."""
    browser = Client()
    browser.force_login(people.viewer())

    def ask(file, method="get", **headers):
        answer = getattr(browser, method)(address_of(file, request.param), headers=headers)
        return answer.status_code, answer.headers, answer.getvalue()

    return ask


@pytest.fixture
def file(db):
    return stored(CONTENT)


@pytest.mark.parametrize("known", [ETAG, f"W/{ETAG}", f'"other", {ETAG}', "*"])
def test_a_client_that_has_the_content_gets_304(ask, file, known):
    status, headers, body = ask(file, **{"If-None-Match": known, "Range": "bytes=0-1"})
    assert (status, body, headers["ETag"]) == (304, b"", ETAG)
    assert "Content-Length" not in headers


@pytest.mark.parametrize("known", ['"other"', 'W/"other"', "nonsense", "", ETAG.strip('"')])
def test_a_client_that_has_another_content_gets_the_file(ask, file, known):
    assert ask(file, **{"If-None-Match": known})[::2] == (200, CONTENT)


@pytest.mark.parametrize("wanted", ['"other"', f"W/{ETAG}", "nonsense", '"a", "b"'])
def test_a_wrong_if_match_is_412(ask, file, wanted):
    status, headers, body = ask(file, **{"If-Match": wanted})
    assert (status, headers["ETag"]) == (412, ETAG)
    assert CONTENT not in body


@pytest.mark.parametrize("wanted", [ETAG, f'"other", {ETAG}', "*"])
def test_a_right_if_match_gets_the_file(ask, file, wanted):
    assert ask(file, **{"If-Match": wanted})[::2] == (200, CONTENT)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-1", 0, 1),
        ("bytes=0-0", 0, 0),
        ("bytes=100-199", 100, 199),
        ("bytes=100-", 100, SIZE - 1),
        (f"bytes={SIZE - 1}-{SIZE + 50}", SIZE - 1, SIZE - 1),
        ("bytes=-1", SIZE - 1, SIZE - 1),
        ("bytes=-500", SIZE - 500, SIZE - 1),
        (f"bytes=-{SIZE + 1}", 0, SIZE - 1),
        ("bytes=5-" + "9" * 5000, 5, SIZE - 1),
        ("bytes=0000000000000000000000005-6", 5, 6),
        ("Bytes=0-1", 0, 1),
    ],
)
def test_a_range_is_answered_with_that_part(ask, file, asked, first, last):
    status, headers, body = ask(file, Range=asked)
    assert status == 206
    assert body == CONTENT[first : last + 1]
    assert headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert headers["Content-Length"] == str(len(body))
    assert headers["ETag"] == ETAG
    assert headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 9}", "bytes=-0", f"bytes={9**400}-"]
)
def test_a_range_behind_the_end_is_416(ask, file, asked):
    status, headers, _ = ask(file, Range=asked)
    assert (status, headers["Content-Range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-1,4-5",
        "bytes=5-2",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "0-1",
        "bytes=1",
        "",
    ],
)
def test_a_range_that_is_not_understood_is_ignored(ask, file, asked):
    assert ask(file, Range=asked)[::2] == (200, CONTENT)


def test_an_empty_file_has_no_parts(ask):
    file = stored(b"")
    assert ask(file)[::2] == (200, b"")
    assert ask(file, Range="bytes=0-")[0] == 416
    assert ask(file, Range="bytes=-5")[::2] == (200, b"")


@pytest.mark.parametrize(
    ("validator", "status"),
    [
        (ETAG, 206),
        ('"other"', 200),
        (f"W/{ETAG}", 200),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 200),
        ("", 200),
    ],
)
def test_a_range_of_a_file_that_changed_is_the_whole_file(ask, file, validator, status):
    found, _, body = ask(file, **{"If-Range": validator, "Range": "bytes=2-3"})
    assert (found, body) == (status, CONTENT[2:4] if status == 206 else CONTENT)


def test_head_has_the_headers_of_get_and_no_body(ask, file):
    _, whole, _ = ask(file)
    for more in ({}, {"Range": "bytes=0-1"}):
        status, headers, body = ask(file, "head", **more)
        assert (status, body) == (200, b"")
        for name in (
            "Content-Length",
            "Content-Type",
            "Content-Disposition",
            "ETag",
            "Accept-Ranges",
        ):
            assert headers[name] == whole[name]
    assert ask(file, "head", **{"If-None-Match": ETAG})[0] == 304
    assert ask(file, "head", **{"If-Match": '"other"'})[0] == 412


def test_a_file_whose_content_is_gone_is_404_for_get_and_head(ask, file):
    storages["jobs"].delete(file.stored_name)
    assert [ask(file, method)[0] for method in ("get", "head")] == [404, 404]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.csv", "report.csv"),
        ("Übersicht für alle.csv", "Ubersicht fur alle.csv"),
        ("отчёт.csv", "_____.csv"),
        ('a"b\\c%41.txt', "a_b_c_41.txt"),
        ("100% 📈.xlsx", "100_ _.xlsx"),
        ("naïve; filename=evil.exe", "naive_ filename=evil.exe"),
    ],
)
def test_a_name_has_a_plain_form_beside_the_whole_one(ask, name, plain):
    _, headers, _ = ask(stored(b"x", name.replace("/", "_")))
    first, _, starred = headers["Content-Disposition"].partition("; filename*=UTF-8''")
    assert first == f'attachment; filename="{plain}"'
    assert unquote(starred) == ("" if name == plain else name)


def test_behind_nginx_the_file_is_sent_by_nginx(ask, file, settings):
    settings.FILES_ACCEL_PREFIX = "/job-files/"
    status, headers, body = ask(file, Range="bytes=0-1")
    assert (status, body) == (200, b"")
    assert headers["X-Accel-Redirect"] == f"/job-files/{file.stored_name}"
    assert headers["Content-Disposition"] == 'attachment; filename="data.bin"'
    assert not {"Content-Range", "Accept-Ranges"} & set(headers)
    # nginx knows its own validators only, so these are judged here.
    assert ask(file, **{"If-None-Match": ETAG})[0] == 304
    assert ask(file, **{"If-Match": '"other"'})[0] == 412
    assert ask(file, **{"If-Range": ETAG, "Range": "bytes=0-1"})[::2] == (206, CONTENT[:2])


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
def site(transactional_db, tmp_path, settings):
    environment = {"ALLOWED_HOSTS": "127.0.0.1", "HTTPS": "false", "TRUSTED_PROXY_COUNT": "0"}
    # The key by which the sessions of the tests are signed, and where their files are.
    ours = {"SECRET_KEY": settings.SECRET_KEY, "FILES_DIR": str(storages["jobs"].location)}
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
            assert time.monotonic() - started < 5
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
