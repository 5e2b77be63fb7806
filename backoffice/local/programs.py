"""Web, workers and upkeep as child processes, and their environment on this machine."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backoffice.local.home import PROJECT, secret
from backoffice.local.processes import await_end, spawn
from backoffice.local.servers import Servers
from jobs.registry import MAINTENANCE

MAINTENANCE_SLOTS = 2  # as in docker-compose.yml
PROGRAM_STOP_SECONDS = 40  # a worker lets running jobs finish for 25 s
MANAGE = [sys.executable, "manage.py"]


class Program:
    """Runs `command` and appends its output to <name>.log; `options` are Popen's."""

    def __init__(
        self, name: str, command: list[str], *, env: Mapping[str, str], logs: Path, **options: Any
    ) -> None:
        self.name = name
        self.command = command
        self.log = logs / f"{name}.log"
        self.options = {"env": env, "cwd": PROJECT, "stdin": subprocess.DEVNULL, **options}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting until it is ready."""
        with self.log.open("ab") as log:
            output = {"stdout": log, "stderr": log}
            self.process = spawn(self.command, dying=signal.SIGTERM, **output, **self.options)

    def log_tail(self) -> str:
        """Return the last 20 lines of its log, which usually show why it died."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def stop_programs(programs: Sequence[Program]) -> None:
    """Stop all at the same time, and give them PROGRAM_STOP_SECONDS to finish their work."""
    processes = [program.process for program in programs if program.process]
    for process in processes:
        if process.poll() is None:
            process.terminate()  # once: a second one makes a worker drop its running jobs
    for process in processes:
        await_end(process, PROGRAM_STOP_SECONDS)


def environment(directory: Path, servers: Servers) -> dict[str, str]:
    """Return our own environment, with what the commands need on this machine in its place."""
    ours = {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "backoffice.settings"),
        "SECRET_KEY": secret(directory / "secret.key"),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "HTTPS": "false",
        "FILES_DIR": str(directory / "files"),
        "STATIC_ROOT": str(directory / "static"),
        **servers.urls,
    }
    # The URLs of our own servers hold their passwords.
    overruled = ours.keys() | {name.replace("_URL", "_PASSWORD") for name in servers.started}
    if "DATABASE_URL" in servers.started:
        overruled |= {"DATABASE_DIRECT_URL"}  # it leads to another database
    keys = [name for name in os.environ if name.removesuffix("_FILE") not in overruled]
    return {name: os.environ[name] for name in keys} | ours


def web(env: Mapping[str, str], logs: Path, listener: socket.socket) -> Program:
    """Return the web server, on a socket that is already open."""
    command = [sys.executable, "-m", "gunicorn", "--config", "python:backoffice.gunicorn"]
    command += ["--bind", f"fd://{listener.fileno()}"]
    return Program("web", command, env=env, logs=logs, pass_fds=[listener.fileno()])


def worker(number: int, concurrency: int, env: Mapping[str, str], logs: Path) -> Program:
    """Return a Celery worker of `concurrency` processes for every queue except MAINTENANCE."""
    return _worker(f"worker-{number}", concurrency, env, logs)


def maintenance(env: Mapping[str, str], logs: Path) -> Program:
    """Return the Celery worker for the queue MAINTENANCE alone."""
    return _worker("maintenance", MAINTENANCE_SLOTS, env, logs, "--queues", MAINTENANCE)


def _worker(
    name: str, concurrency: int, env: Mapping[str, str], logs: Path, *options: str
) -> Program:
    command = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--pool", "prefork"]
    command += ["--concurrency", str(concurrency), "--hostname", f"{name}@%h", *options]
    # With SIGQUIT for SIGTERM it waits for running jobs up to the limit of settings.py.
    return Program(name, command, env={**env, "REMAP_SIGTERM": "SIGQUIT"}, logs=logs)


def upkeep(env: Mapping[str, str], logs: Path) -> Program:
    """Return the process that rescues lost attempts and republishes lost messages."""
    return Program("upkeep", [*MANAGE, "upkeep"], env=env, logs=logs)
