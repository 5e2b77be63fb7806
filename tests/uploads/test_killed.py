"""What processes leave behind that are killed (kill -9) in the middle of an upload."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings

from benchmarks.harness.process_tree import pids
from jobs.engine.upkeep import prune
from jobs.models import ApiToken, Upload
from jobs.storage import scratch_directory
from tests.support import people
from tests.support.polling import wait_until
from tests.support.processes import production, serving
from tests.support.sending import BOUNDARY, send_file

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

SENT_BYTES, WHOLE_BYTES = 4_000_000, 9_000_000
PART = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
BODIES = {
    "raw": ("?name=a.csv", "text/csv", ""),
    "a part": ("", f"multipart/form-data; boundary={BOUNDARY}", PART),
}
DAY = 24 * 3600


@pytest.fixture
def temporary(tmp_path):
    (tmp_path / "temporary").mkdir()
    return tmp_path / "temporary"


@pytest.fixture
def web(tmp_path, temporary, own_files):
    own_files.mkdir()
    plain = {"HTTPS": "false", "ALLOWED_HOSTS": "localhost", "TRUSTED_PROXY_COUNT": "0"}
    with serving(tmp_path, **plain, FILES_DIR=str(own_files), TMPDIR=str(temporary)) as running:
        yield running


@pytest.fixture
def token():
    return ApiToken.objects.create(people.launcher(), name="test")[1]


def process_of(web):
    """The process that answers requests."""
    [_, found] = pids(web.pid)
    return found


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{pid}/fd/0"))


def opened_in(directory, pid):
    """The files of the directory that the process has open, also those without a name."""
    links = []
    for one in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):  # it was just closed
            links.append(os.readlink(f"/proc/{pid}/fd/{one}"))
    return [link for link in links if link.startswith(str(directory))]


@pytest.mark.parametrize("body", BODIES)
def test_a_web_process_killed_in_the_middle_of_a_body_leaves_no_temporary_file(
    web, token, temporary, body
):
    query, kind, beginning = BODIES[body]
    process = process_of(web)
    head = f"POST /api/v1/uploads/{query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
    head += f"Authorization: Token {token}\r\nContent-Length: {WHOLE_BYTES}\r\n\r\n{beginning}"
    before = opened_in(temporary, process)
    with socket.create_connection(("localhost", web.port), 10) as client:
        client.sendall(head.encode() + b"x" * SENT_BYTES)
        wait_until(lambda: len(opened_in(temporary, process)) > len(before))
        kill(process)
    assert [one for one in temporary.iterdir() if "metrics" not in one.name] == []
    wait_until(lambda: web.ask("/livez", Host="localhost").status == 200)
    assert not Upload.objects.exists()


def stored_in(directory):
    return [one for one in directory.rglob("*-*") if one.is_file()]


def test_a_file_that_was_being_stored_is_swept_after_a_day(web, token, own_files, tmp_path):
    prune()  # the storage belongs to this database
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(150_000_000)
    for _ in range(5):  # a fast disk may be done before the process is killed
        process = process_of(web)
        sender = threading.Thread(target=send_quietly, args=(web.port, large, token))
        sender.start()
        wait_until(lambda: stored_in(own_files))
        kill(process)
        sender.join()
        if not Upload.objects.exists():
            break
        prune_all(own_files)
        wait_until(lambda: web.ask("/livez", Host="localhost").status == 200)
    [half] = stored_in(own_files)
    assert prune().files == 0, "it is young, and may get its row"
    past = time.time() - 2 * DAY
    os.utime(half, (past, past))
    assert prune().files == 1
    assert not half.exists()


def send_quietly(port, path, token):
    headers = {"Authorization": f"Token {token}"}
    with contextlib.suppress(OSError, http.client.HTTPException):
        send_file(port, f"/api/v1/uploads/?name={path.name}", path, headers)


def prune_all(own_files):
    Upload.objects.all().delete()
    for one in stored_in(own_files):
        one.unlink()


COPYING = """
import sys, time
from jobs.storage import scratch_directory
with scratch_directory("backoffice-upload-") as directory:
    (directory / "upload.csv").write_text("x")
    print("there", flush=True)
    time.sleep(60)
"""


def test_the_copy_of_a_killed_worker_is_swept_and_that_of_a_living_one_is_not(
    temporary, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    command = [sys.executable, "manage.py", "shell", "--no-imports", f"--command={COPYING}"]
    options = {"cwd": settings.BASE_DIR, "env": production(TMPDIR=str(temporary)), "text": True}
    with contextlib.ExitStack() as stack:
        killed, living = (
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, **options))
            for _ in range(2)
        )
        for process in (killed, living):
            stack.callback(process.kill)
            assert process.stdout.readline() == "there\n"
        killed.kill()
        killed.wait()
        assert len(list(temporary.iterdir())) == 2
        for directory in temporary.iterdir():
            os.utime(directory, (time.time() - 2 * DAY,) * 2)
        with scratch_directory("backoffice-upload-") as new:
            [kept] = [one for one in temporary.iterdir() if one != new]
        assert (kept / "upload.csv").exists()
        living.kill()
    with scratch_directory("backoffice-upload-"):
        pass
    assert list(temporary.iterdir()) == []


def test_a_sweep_leaves_links_and_takes_some_directories_at_a_time(temporary, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    foreign = temporary / "foreign"
    foreign.mkdir()
    (temporary / "upload-link").symlink_to(foreign)
    lefts = [temporary / f"upload-{number}" for number in range(25)]
    for directory in (*lefts, foreign):
        directory.mkdir(exist_ok=True)
        os.utime(directory, (0, 0))
    with scratch_directory("upload-"):
        assert sum(one.exists() for one in lefts) == 5
    assert list(foreign.iterdir()) == []
