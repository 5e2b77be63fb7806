"""PostgreSQL as a child process on a free port of 127.0.0.1."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from backoffice.local import binaries
from backoffice.local.home import secret, server_account, write_private
from backoffice.local.processes import (
    CannotRun,
    free_port,
    is_running,
    run_command,
    spawn,
    stop_orphan,
    stop_process,
)

RECOVERY_SECONDS = 60  # for a start, which after a crash includes recovery
START_PAUSES = (0.1, 0.2, 0.5, 1, 2, 4)  # seconds, after each failed start
READY_LINE = 7  # of postmaster.pid: "ready" once the server takes connections
CLUSTER = ["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync", "--no-instructions"]
# Needs no locale of the machine, and lower('É') works; compose does the same. From version 17.
BUILTIN_LOCALE = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
# A crash of the machine may lose data. synchronous_commit stays on: without it a crash of the
# server alone would lose accepted jobs, and a test would blame the product.
THROW_AWAY = ("fsync=off", "full_page_writes=off")


class Postgres:
    """A server on the data directory `home`/postgres-<major>; tests set `durable` to False."""

    name = "postgres"
    variable = "DATABASE_URL"

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.binary = binaries.postgres()
        self.major = _major_version(self.binary)
        self.data = home / f"postgres-{self.major}"  # another major has another format
        self.log = home / "postgres.log"
        self.password = secret(home / "postgres.password")
        self.options = () if durable else THROW_AWAY
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server and return its URL; a restart keeps the port."""
        if not (self.data / "initdb.done").exists():
            self._initialise()
        self._stop_orphan()
        # The free port may be taken before the server binds it. After a kill, PostgreSQL does not
        # start on the same data until the old server's processes are gone.
        for pause in START_PAUSES:
            port = self.port or free_port()
            self.process = self._spawn(port)
            if self._is_ready():
                self.port = port
                return f"postgres://postgres:{self.password}@127.0.0.1:{port}/postgres"
            stop_process(self.process, signal.SIGQUIT, 5)
            time.sleep(pause)
        raise CannotRun(f"PostgreSQL does not start; {self.log} says why.")

    def stop(self) -> None:
        """End it by a fast shutdown, with a checkpoint."""
        if self.process:
            stop_process(self.process, signal.SIGINT, 20)

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # half made by an interrupted initdb
        self.data.mkdir(mode=0o700)
        password_file = self.data.with_suffix(".password")
        write_private(password_file, self.password)
        if account := server_account():
            os.chown(self.data, account.pw_uid, account.pw_gid)
            os.chown(password_file, account.pw_uid, account.pw_gid)
        locale = BUILTIN_LOCALE if self.major >= 17 else ["--locale=C.UTF-8"]
        where = ["-D", str(self.data), f"--pwfile={password_file}"]
        command = [str(self.binary.with_name("initdb")), *where, *CLUSTER, *locale]
        status, printed = run_command(command, **self._circumstances())
        password_file.unlink()
        if status:
            raise CannotRun(f"initdb failed:\n{printed}{_hint(printed)}")
        (self.data / "initdb.done").touch()

    def _circumstances(self) -> dict[str, Any]:
        """Return Popen options that keep the locale, PG* variables and root out."""
        account = server_account()
        identity = (
            {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        )
        env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        return {"cwd": self.data, "env": env, **identity}

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        options = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories="]
        options += ["max_connections=100", "shared_buffers=64MB", "logging_collector=off"]
        flags = [word for option in [*options, *self.options] for word in ("-c", option)]
        command = [self.binary, "-D", self.data, *flags]
        with self.log.open("ab") as log:
            output = {"stdout": log, "stderr": log}
            return spawn(command, dying=signal.SIGINT, **output, **self._circumstances())

    def _is_ready(self) -> bool:
        """Wait for `ready` in the pid file of our own child: another server may have the port."""
        assert self.process
        deadline = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            lines = [line.strip() for line in self._pid_file()]
            is_ours = lines[:1] == [str(self.process.pid)]
            if is_ours and lines[READY_LINE : READY_LINE + 1] == ["ready"]:
                return True
            time.sleep(0.02)
        return False

    def _stop_orphan(self) -> None:
        """Stop the server that a killed run left on this directory.

        Only the holder of the lock starts servers, so no living run can own it.
        """
        if lines := self._pid_file():
            pid = int(lines[0])
            stop_orphan(pid, str(self.data), signal.SIGINT)
            if is_running(pid):  # another program has this pid now: PostgreSQL would not start
                (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _pid_file(self) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return (self.data / "postmaster.pid").read_text().splitlines()
        return []


def _major_version(binary: Path) -> int:
    version = run_command([binary, "--version"])[1]  # postgres (PostgreSQL) 18.1
    return int(version.split()[2].split(".")[0])


def _hint(output: str) -> str:
    if "could not look up effective user ID" in output:
        fix = "run as a named user, or set DATABASE_URL"
        return f"This user id has no name, which initdb needs: {fix}."
    return ""
