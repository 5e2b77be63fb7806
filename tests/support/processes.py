"""Real processes of the project, started with the environment that a test gives."""

import contextlib
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from backoffice.local.processes import free_port
from tests.support.polling import wait_until

NOBODY_LISTENS = "127.0.0.1:1"


def production(**changes: str) -> dict[str, str]:
    """A complete production environment with `changes`; an empty value removes a variable."""
    database = settings.DATABASES["default"]
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMN",
        "ALLOWED_HOSTS": "backoffice.example.com",
        "TRUSTED_PROXY_COUNT": "1",
        "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{address}",
        "REDIS_URL": settings.JOBS_REDIS_URL,
        "FILES_DIR": "/var/lib/backoffice/files",
        "STATIC_ROOT": str(settings.STATIC_ROOT),
        "WEB_PROCESSES": "1",
    } | changes


def run(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project to its end; returns exit code and output."""
    return subprocess.run(
        [*command],
        cwd=settings.BASE_DIR,
        env=production(**changes),
        capture_output=True,
        text=True,
        timeout=180,  # a database from nothing takes its time on a busy machine
    )


def manage(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a management command."""
    return run(sys.executable, "manage.py", *arguments, **changes)


@dataclass
class Answer:
    """An answer of a site."""

    status: int
    headers: http.client.HTTPMessage
    text: str


@dataclass
class Site:
    """A running web server, requested as a proxy would."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The main process."""
        assert self.process is not None
        return self.process.pid

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> Answer:
        """Send one request; header names are written with underscores."""
        sent = {"Host": "backoffice.example.com", "X-Forwarded-Proto": "https"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode())


@contextlib.contextmanager
def serving(directory: Path, **changes: str) -> Iterator[Site]:
    """Run gunicorn as docker-compose.yml does, until the block ends."""
    site = Site(free_port(), directory / "web.log")
    command = ["gunicorn", "--config=python:backoffice.gunicorn", f"--bind=127.0.0.1:{site.port}"]
    with site.log.open("w") as log, started(command, log=log, **changes) as process:
        site.process = process
        wait_until(lambda: process.poll() is None and _lives(site))
        yield site


@contextlib.contextmanager
def started(
    command: list[str], *, log: object, **changes: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the project, its stderr in `log`; it gets SIGTERM when the block ends."""
    process = subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=production(**changes),
        stdout=subprocess.DEVNULL,
        stderr=log,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _lives(site: Site) -> bool:
    try:
        return site.ask("/livez").status == 200
    except OSError:
        return False
