"""Clients that stop in the middle of a body, at both doors of a real web server."""

import secrets
import socket

import pytest
from django.conf import settings
from django.test import Client

from jobs.models import ApiToken, Job, Upload
from tests.support import people
from tests.support.polling import wait_until
from tests.support.processes import manage, serving
from tests.support.sending import BOUNDARY, send_file
from tests.support.uploads import ROWS

pytestmark = pytest.mark.django_db(transaction=True)

FORM = f"multipart/form-data; boundary={BOUNDARY}"
PART = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{{}}"; filename="a.csv"\r\n\r\n'
BODIES = {
    "raw": ("/api/v1/uploads/?name=a.csv", "text/csv", ""),
    "a part": ("/api/v1/uploads/", FORM, PART.format("file")),
    "a form": ("/admin/jobs/job/launch/report/", FORM, PART.format("params-file")),
}
SENT_BYTES, WHOLE_BYTES = 3_000_000, 9_000_000


@pytest.fixture(scope="module")
def static_root(tmp_path_factory):
    """The collected files to which error pages refer."""
    directory = str(tmp_path_factory.mktemp("static"))
    assert manage("collectstatic", "--noinput", STATIC_ROOT=directory).returncode == 0
    return directory


@pytest.fixture
def web(tmp_path, own_files, static_root):
    own_files.mkdir()
    plain = {"HTTPS": "false", "ALLOWED_HOSTS": "localhost", "TRUSTED_PROXY_COUNT": "0"}
    ours = {"SECRET_KEY": settings.SECRET_KEY, "FILES_DIR": str(own_files)}
    ours |= {"STATIC_ROOT": static_root}
    with serving(tmp_path, **plain, **ours) as running:
        yield running


def headers_of(user):
    """The headers of a program of the user, and of a browser."""
    browser = Client()
    browser.force_login(user)
    cookies = f"sessionid={browser.session.session_key}; csrftoken={secrets.token_hex(16)}"
    token = ApiToken.objects.create(user, name="test")[1]
    return {"Authorization": f"Token {token}"}, {"Cookie": cookies}


@pytest.mark.parametrize("body", BODIES)
def test_a_client_that_goes_away_leaves_nothing_and_is_no_error_of_the_server(web, own_files, body):
    program, browser = headers_of(people.operator())
    address, kind, beginning = BODIES[body]
    sent = {"Host": "localhost", "Content-Type": kind, "Content-Length": str(WHOLE_BYTES)}
    sent |= browser if body == "a form" else program
    lines = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    head = f"POST {address} HTTP/1.1\r\n{lines}\r\n{beginning}"
    with socket.create_connection(("localhost", web.port), 10) as client:
        client.sendall(head.encode() + b"x" * SENT_BYTES)
    wait_until(lambda: f"POST {address.partition('?')[0]} " in web.log.read_text())
    log = web.log.read_text()
    assert '"level": "ERROR"' not in log, log
    # Of a form, the token that proves its origin did not arrive.
    assert f"POST {address.partition('?')[0]} {403 if body == 'a form' else 400}" in log
    assert not Upload.objects.exists()
    assert not Job.objects.exists()
    assert [one for one in own_files.rglob("*-*") if one.is_file()] == []


def test_a_large_body_that_is_refused_at_once_is_answered(web, tmp_path):
    """The answer comes before the body, which a client goes on sending."""
    program, _ = headers_of(people.operator())
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS * 100_000)
    address = "/api/v1/uploads/?name=rows.csv&size=5&type=nothing"
    answer = send_file(web.port, address, path, program)
    assert answer.status == 400
    assert answer.json()["errors"][0]["parameter"] == "type"
