"""A real PgBouncer in front of PostgreSQL."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backoffice.local.home import server_account
from backoffice.local.processes import free_port, spawn, stop_process
from tests.support.debian import program
from tests.support.polling import wait_until


class PgBouncer:
    """A pooler whose configuration is the text that it is given; `url` leads through it."""

    def __init__(self, directory: Path, configuration: str, url: str) -> None:
        self.configuration = directory / "pgbouncer.ini"
        self.configuration.write_text(configuration)
        self.log = directory / "pgbouncer.log"
        self.url = url
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        account = server_account()  # it does not run as root, either
        identity = {"user": account.pw_uid, "group": account.pw_gid} if account else {}
        known = self.log.read_text().count("process up") if self.log.exists() else 0
        with self.configuration.open() as file, self.log.open("ab") as output:
            options: dict[str, Any] = {"stdin": file, "stdout": output, "stderr": output}
            command = [program("pgbouncer"), "/dev/stdin"]
            self.process = spawn(command, dying=signal.SIGTERM, **options, **identity)
        wait_until(lambda: self._is_up(known), 10)

    def _is_up(self, known: int) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log.read_text()
        return self.log.read_text().count("process up") > known

    def kill(self) -> None:
        """End it as a crash does."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self.process:
            stop_process(self.process, signal.SIGINT, 5)


@contextlib.contextmanager
def pgbouncer(
    directory: Path, server: dict[str, Any], pool_mode: str = "session", **settings: object
) -> Iterator[PgBouncer]:
    """Run it in front of the database of `server`, an entry of DATABASES."""
    port = free_port()
    lines = "\n".join(f"{name} = {value}" for name, value in settings.items())
    account = f"user={server['USER']} password={server['PASSWORD']}"
    target = f"host=127.0.0.1 port={server['PORT']} dbname={server['NAME']} {account}"
    configuration = f"""
[databases]
site = {target}
{server["NAME"]} = {target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {pool_mode}
{lines}
"""
    url = f"postgres://postgres@127.0.0.1:{port}/site"
    with started_pooler(PgBouncer(directory, configuration, url)) as pooler:
        yield pooler


@contextlib.contextmanager
def started_pooler(pooler: PgBouncer) -> Iterator[PgBouncer]:
    """Run it in the block."""
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.stop()
