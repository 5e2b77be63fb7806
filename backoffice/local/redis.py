"""Redis as a child process on a free port of 127.0.0.1."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from backoffice.local import binaries
from backoffice.local.home import secret
from backoffice.local.processes import CannotRun, free_port, spawn, stop_orphan, stop_process

LOAD_SECONDS = 30  # for a start, which includes reading the append-only file


class Redis:
    """A server on the directory `home`/redis; unless `durable`, it loses its data when it ends."""

    name = "redis"
    variable = "REDIS_URL"

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.binary = binaries.redis()
        self.data = home / "redis"
        self.log = home / "redis.log"
        self.password = secret(home / "redis.password")
        self.append_only = "yes" if durable else "no"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start the server and return its URL; a restart keeps the port."""
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._stop_orphan()
        for _ in range(5):  # the free port may be taken before the server binds it
            port = self.port or free_port()
            self.process = self._spawn(port)
            (self.data / "pid").write_text(f"{self.process.pid} 127.0.0.1:{port}")
            if self._is_ready(port):
                self.port = port
                return f"redis://:{self.password}@127.0.0.1:{port}/0"
            stop_process(self.process, signal.SIGTERM, 5)
        raise CannotRun(f"Redis does not start; {self.log} says why.")

    def stop(self) -> None:
        """End it after it has written its append-only file."""
        if self.process:
            stop_process(self.process, signal.SIGTERM, 15)

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            pipes = {"stdin": subprocess.PIPE, "stdout": log, "stderr": log}
            process = spawn([self.binary, "-"], dying=signal.SIGTERM, **pipes)
        assert process.stdin
        # By stdin: every user of the machine can read a command line, and the password in it.
        process.stdin.write(os.fsencode(self._configuration(port)))
        process.stdin.close()
        return process

    def _configuration(self, port: int) -> str:
        return f"""
            port {port}
            bind 127.0.0.1
            requirepass {self.password}
            dir {json.dumps(str(self.data), ensure_ascii=False)}
            databases 64
            maxmemory-policy noeviction
            save ""
            appendonly {self.append_only}
            appendfsync everysec
        """

    def _is_ready(self, port: int) -> bool:
        """Wait for PONG after our password: another server on the port would refuse it."""
        assert self.process
        deadline = time.monotonic() + LOAD_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self._answers(port):
                    return True
            time.sleep(0.02)
        return False

    def _answers(self, port: int) -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
            with connection.makefile("rb") as replies:
                return b"+PONG\r\n" in list(replies)  # not while it answers -LOADING

    def _stop_orphan(self) -> None:
        """Stop the server that a killed run left, which may still be saving its data.

        Only the holder of the lock starts servers, so no living run can own it.
        """
        with contextlib.suppress(FileNotFoundError):
            pid, address = (self.data / "pid").read_text().split()
            stop_orphan(int(pid), address, signal.SIGTERM)
