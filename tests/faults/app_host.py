"""One host of a site: a web server, a worker and an upkeep, and a disk of their own."""

import contextlib
import http.client
import sys
from pathlib import Path

from backoffice.local import programs
from backoffice.local.programs import Program
from tests.faults.client import Client
from tests.support.network import Host

WEB_PORT = 8000


class AppHost:
    """The processes of one host, and a client of its web server."""

    def __init__(self, host: Host, home: Path, env: dict[str, str]) -> None:
        self.host = host
        own = home / host.name  # its disk
        (own / "tmp").mkdir(parents=True)
        self._env = {**env, "TMPDIR": str(own / "tmp")}
        self._logs = own
        python = [sys.executable, "-m"]
        bind = ["--bind", f"{host.address}:{WEB_PORT}"]
        self.web = self._program(
            "web", [*python, "gunicorn", "--config", "python:backoffice.gunicorn", *bind],
            ALLOWED_HOSTS=host.address,
        )  # fmt: skip
        celery = [*python, "celery", "-A", "backoffice", "worker", "--concurrency", "2"]
        self.worker = self._program("worker", celery, REMAP_SIGTERM="SIGQUIT")
        self.upkeep = self._program("upkeep", [*programs.MANAGE, "upkeep"])
        self.client = Client(f"{host.address}:{WEB_PORT}", (home / "token").read_text())
        self.web.start()
        self.upkeep.start()

    @property
    def programs(self) -> list[Program]:
        """All processes."""
        return [self.web, self.worker, self.upkeep]

    def _program(self, name: str, command: list[str], **env: str) -> Program:
        inside = self.host.inside(*command)
        return Program(name, inside, env=self._env | env, logs=self._logs)

    def new_client(self) -> Client:
        """Another external system."""
        return Client(self.client.address, self.client.token)

    def download(self, path: str) -> bytes:
        """The bytes of a file, from this host."""
        connection = http.client.HTTPConnection(self.client.address, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Authorization": f"Token {self.client.token}"})
            return connection.getresponse().read()

    def exit_codes(self) -> list[int | None]:
        """The exit codes of its processes: None for each that runs."""
        return [one.process.poll() if one.process else 0 for one in self.programs]
