"""A web server of two processes with eight threads each, and one client with a kept connection."""

import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backoffice.local import processes

START_SECONDS = 30
GUNICORN = (
    "gunicorn",
    "--workers=2",
    "--threads=8",
    "--no-control-socket",
)


@dataclass
class WebSite:
    """A running web server; `headers` are sent with each request."""

    pid: int
    port: int
    headers: dict[str, str]
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and decoded JSON of an answer; None for an empty one."""
        text = None if body is None else json.dumps(body)
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, text, sent)
        answer = self.connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None


@contextmanager
def serving(
    home: Path, application: tuple[str, ...], env: Mapping[str, str], token: str
) -> Iterator[WebSite]:
    """Run gunicorn with `application` (its last arguments) until the block ends."""
    port = processes.free_port()
    command = [sys.executable, "-m", *GUNICORN, f"--bind=127.0.0.1:{port}", *application]
    with (home / "web.log").open("a") as log:
        options = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL, "env": env}
        server = processes.spawn(command, dying=signal.SIGTERM, **options)
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    try:
        site = WebSite(server.pid, port, headers)
        _await(site)
        yield site
    finally:
        processes.stop_process(server, signal.SIGTERM, 40)


def _await(site: WebSite) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            site.request("GET", "/")
        except (OSError, http.client.HTTPException):
            site.connection.close()
            time.sleep(0.1)
        except ValueError:  # it answers, not in JSON
            return
        else:
            return
    raise TimeoutError(f"No web server answers on port {site.port}; its log is in web.log.")
