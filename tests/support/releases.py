"""Versions of the project, and hosts that run one of them."""

import contextlib
import fnmatch
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from django.conf import settings

PARTS = ("backoffice", "jobs", "templates", "static", "manage.py")


def copy_release(place: Path, changes: dict[str, tuple[str, str]], new: dict[str, str]) -> Path:
    """Copy the project to `place`.

    `changes` replaces a text in a file; `new` are files with their contents.
    """
    place.mkdir()
    for part in PARTS:
        source = Path(settings.BASE_DIR) / part
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules")
            shutil.copytree(source, place / part, ignore=ignored)
        else:
            shutil.copy(source, place / part)
    (place / ".venv").symlink_to(Path(sys.executable).parent.parent)
    for name, (old, text) in changes.items():
        before = (place / name).read_text()
        assert old in before, (name, old)
        (place / name).write_text(before.replace(old, text, 1))
    for name, text in new.items():
        (place / name).write_text(text)
    return place


class Host:
    """A host with units: `systemctl restart UNIT` starts the version that `backoffice` links to.

    A unit is stopped as systemd does it: SIGTERM to its main process, and the new one is started
    when that has ended.
    """

    def __init__(self, root: Path, units: dict[str, list[str]], env: dict[str, str]) -> None:
        self.root, self.units = root, units
        self.env = env | {"STATIC_ROOT": str(root / "static")}
        self.log = root / "units.log"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, unit: str) -> None:
        """Start a unit."""
        with self.log.open("a") as log:
            self._processes[unit] = subprocess.Popen(
                self.units[unit],
                cwd=(self.root / "backoffice").resolve(),
                env=self.env,
                stdout=log,
                stderr=log,
            )

    def stop(self, unit: str) -> None:
        """Stop a unit."""
        process = self._processes.pop(unit, None)
        if process is not None:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
            assert code == 0 or unit != "backoffice-web", code

    def stop_all(self) -> None:
        """Stop what runs."""
        for unit in list(self._processes):
            self.stop(unit)

    def systemctl(self, action: str, pattern: str) -> None:
        """Restart the units of a pattern; "start" runs a unit to its end."""
        for unit in fnmatch.filter(self.units, pattern):
            self.stop(unit)
            self.start(unit)
            if action == "start":
                assert self._processes.pop(unit).wait(180) == 0, unit


@contextlib.contextmanager
def systemctl(host: Host) -> Iterator[Path]:
    """Give a folder with a program `systemctl` that acts on the units of a host."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            given = self.rfile.read(int(self.headers["Content-Length"])).decode()
            host.systemctl(*given.split())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    folder = host.root / "bin"
    folder.mkdir()
    program = folder / "systemctl"
    address = f"http://127.0.0.1:{server.server_port}/"
    program.write_text(f'#!/bin/sh\nexec curl --silent --fail --data "$*" {address}\n')
    program.chmod(0o755)
    try:
        yield folder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
