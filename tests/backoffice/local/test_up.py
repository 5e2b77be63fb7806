"""`manage.py up` as a whole: what it starts and prints, how it ends, and what it leaves."""

import http.cookiejar
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

import pytest

from backoffice.local.home import PROJECT
from backoffice.local.processes import is_running
from tests.backoffice.local.places import copy_of, place
from tests.support.polling import wait_until

SETTINGS = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "FILES_DIR",
    "STATIC_ROOT",
    "HTTPS",
)


class Up:
    """A running `manage.py up` on a new directory, without any setting."""

    def __init__(self, directory: Path, *arguments: str, **changes: str) -> None:
        env = {name: value for name, value in os.environ.items() if name not in SETTINGS} | changes
        command = [
            sys.executable,
            "-u",
            "manage.py",
            "up",
            "--directory",
            str(directory),
            *arguments,
        ]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.directory = directory
        self.process = subprocess.Popen(command, cwd=PROJECT, env=env, text=True, **pipes)
        self.said = ""

    def wait_for(self, sentence: str) -> None:
        """Read on until it says the sentence."""
        while sentence not in self.said:
            line = self.process.stdout.readline()
            assert line, self.said
            self.said += line

    def finish(self, seconds: float = 120) -> int:
        self.said += self.process.communicate(timeout=seconds)[0]
        return self.process.returncode

    def stop(self) -> None:
        self.process.terminate()
        self.finish()

    def description(self) -> dict:
        return json.loads((self.directory / "run.json").read_text())

    def pids(self) -> list[int]:
        """The pids of every process that it started, and of their children."""
        tree = subprocess.check_output(["ps", "-e", "-o", "pid=,ppid="], text=True).split()
        parents = dict(zip(map(int, tree[::2]), map(int, tree[1::2]), strict=True))
        found = [self.process.pid]
        for pid in found:  # grows as it goes
            found += [child for child, parent in parents.items() if parent == pid]
        return found[1:]


@pytest.fixture
def start():
    """Start `manage.py up`, and stop after the test what is left of it."""
    started = []

    def start(directory: Path, *arguments: str, **changes: str) -> Up:
        started.append(Up(directory, *arguments, **changes))
        return started[-1]

    yield start
    for up in started:
        up.stop()


@pytest.fixture(scope="module")
def first():
    """Run `up --once` in an empty directory; yield the ended process with its output."""
    with place() as directory:
        up = Up(directory, "--once")
        assert up.finish() == 0, up.said
        yield up


@pytest.fixture(scope="module")
def stack(first):
    """Run one `up` for all tests of this file that do not stop it."""
    with copy_of(first.directory) as directory:
        up = Up(directory, "--port", "0", "--workers", "2", "--concurrency", "1")
        up.wait_for("Ctrl-C stops everything.")
        yield up
        up.process.terminate()
        assert up.finish() == 0, up.said


@pytest.fixture
def home(first):
    """Return a directory in which `up` ran before."""
    with copy_of(first.directory) as directory:
        yield directory


def test_tools_find_everything_in_a_private_file(stack):
    file = stack.directory / "run.json"
    assert file.stat().st_mode & 0o777 == 0o600
    found = stack.description()
    pids = found.pop("pids")
    assert set(found) == {
        "web_url",
        "token",
        "staff_user",
        "staff_password",
        "database_url",
        "redis_url",
    }
    marks = {
        "web": "gunicorn",
        "upkeep": "upkeep",
        "postgres": str(stack.directory),
        "redis": "redis-server",
    }
    assert all(is_running(pids[name], mark) for name, mark in marks.items())
    assert [is_running(pid, "celery") for pid in pids["workers"]] == [True, True]
    assert is_running(pids["maintenance"], "maintenance@")


def test_the_printed_curl_line_launches_a_job_that_completes(stack):
    line = re.search(r"curl .*?'}?'\n|curl (?:.*\\\n)?.*\n", stack.said).group()
    answer = subprocess.check_output(["sh", "-c", line.replace("curl", "curl -sS", 1)], text=True)
    job = json.loads(answer)
    assert job["status"] == "PENDING"
    wait_until(lambda: ask(stack, job["url"])["status"] == "COMPLETED")


def ask(stack, url):
    token = stack.description()["token"]
    request = urllib.request.Request(url, headers={"Authorization": f"Token {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_the_printed_login_opens_the_admin(stack):
    found = stack.description()
    assert found["staff_password"] in stack.said
    cookies = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    address = f"{found['web_url']}/admin/login/?next=/admin/jobs/job/"
    browser.open(address).read()
    (csrf,) = [cookie.value for cookie in cookies if cookie.name == "csrftoken"]
    form = {
        "username": found["staff_user"],
        "password": found["staff_password"],
        "csrfmiddlewaretoken": csrf,
    }
    with browser.open(address, urllib.parse.urlencode(form).encode()) as page:
        assert page.url == f"{found['web_url']}/admin/jobs/job/"
        assert page.status == 200


def test_a_web_server_that_dies_is_started_again_at_the_same_address(stack):
    before = stack.description()
    os.kill(before["pids"]["web"], signal.SIGKILL)
    stack.wait_for("web was started again.")
    wait_until(lambda: stack.description()["pids"]["web"] != before["pids"]["web"])
    assert stack.description()["web_url"] == before["web_url"]
    assert ask(stack, f"{before['web_url']}/api/v1/jobs/")["results"] is not None


def test_sigterm_stops_web_worker_upkeep_redis_and_postgres_in_this_order(home, start):
    up = start(home, "--port", "0")
    up.wait_for("Ctrl-C stops everything.")
    pids = up.description()["pids"]
    order = [pids["web"], *pids["workers"], pids["upkeep"], pids["redis"], pids["postgres"]]
    everything = up.pids()
    up.process.send_signal(signal.SIGTERM)
    ended = []
    while up.process.poll() is None:
        ended += [pid for pid in order if pid not in ended and not is_running(pid)]
        time.sleep(0.005)
    assert up.finish() == 0, up.said
    assert ended == order[: len(ended)]
    assert len(ended) >= 5  # the last one and `up` itself end within one look
    assert not any(is_running(pid) for pid in everything)
    assert not (home / "run.json").exists()


def test_killing_up_ends_everything_it_started(home, start):
    up = start(home, "--port", "0")
    up.wait_for("Ctrl-C stops everything.")
    everything = up.pids()
    assert len(everything) > 10
    up.process.kill()
    wait_until(lambda: not any(is_running(pid) for pid in everything))


def test_once_shows_a_report_from_pending_to_its_file(first):
    statuses = re.findall(r"^  (\w+) +\d+%", first.said, re.MULTILINE)
    assert [status for status, _ in itertools.groupby(statuses)] == [
        "PENDING",
        "PROCESSING",
        "COMPLETED",
    ]
    path = re.search("The report: (.*)", first.said).group(1)
    assert zipfile.ZipFile(path).testzip() is None
    assert not (first.directory / "run.json").exists()


def test_once_that_cannot_complete_says_why_and_fails(home, start):
    up = start(home, "--once", JOBS_DEFAULT_TYPE="nonsense")
    assert up.finish() == 1
    assert "JOBS_DEFAULT_TYPE is 'nonsense'" in up.said
    assert "Traceback" not in up.said


def test_servers_that_are_given_are_used_and_none_is_started(empty_home, start):
    server = os.environ["DATABASE_URL"].rpartition("/")[0]
    up = start(
        empty_home, "--once", DATABASE_URL=f"{server}/given", REDIS_URL=os.environ["REDIS_URL"]
    )
    assert up.finish() == 1
    assert 'database "given" does not exist' in up.said
    assert not [*empty_home.glob("postgres*"), *empty_home.glob("redis*")]


def test_the_options_are_shown_on_a_machine_without_any_setting(empty_home, start):
    up = start(empty_home, "--help")
    assert up.finish() == 0, up.said
    assert "--directory" in up.said


def test_a_port_in_use_is_named_before_anything_starts(empty_home, start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        up = start(empty_home, "--port", str(port))
        assert up.finish() == 1
    assert f"Port {port}: Address already in use. Choose another with --port." in up.said
    assert list(empty_home.iterdir()) == []
