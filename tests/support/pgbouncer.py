"""A real PgBouncer in front of PostgreSQL."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backoffice.local.home import server_account
from backoffice.local.processes import free_port, spawn, stop_process
from tests.support.debian import program
from tests.support.polling import wait_until


@contextlib.contextmanager
def pgbouncer(directory: Path, server: dict[str, Any], pool_mode: str) -> Iterator[str]:
    """Run it in front of the database of `server`, an entry of DATABASES; gives its URL."""
    port, log = free_port(), directory / "pgbouncer.log"
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(f"""
[databases]
site = host=127.0.0.1 port={server["PORT"]} dbname={server["NAME"]} user={server["USER"]} \
password={server["PASSWORD"]}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {pool_mode}
""")
    account = server_account()  # it does not run as root, either
    identity = {"user": account.pw_uid, "group": account.pw_gid} if account else {}
    with configuration.open() as file, log.open("wb") as output:
        options: dict[str, Any] = {"stdin": file, "stdout": output, "stderr": output, **identity}
        command = [program("pgbouncer"), "/dev/stdin"]
        process = spawn(command, dying=signal.SIGTERM, **options)
    try:
        wait_until(lambda: "process up" in log.read_text() or process.poll() is not None, 10)
        assert process.poll() is None, log.read_text()
        yield f"postgres://postgres@127.0.0.1:{port}/site"
    finally:
        stop_process(process, signal.SIGINT, 5)
