"""Our own commands as child processes: web, workers, upkeep, and the environment each needs here."""

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
GRACE_SECONDS = 40  # a worker lets running jobs finish for 25 s
MANAGE = [sys.executable, "manage.py"]


class Program:
    """Runs `command` with its output added to <name>.log; `options` are Popen's."""

    def __init__(
        self, name: str, command: list[str], *, env: Mapping[str, str], logs: Path, **options: Any
    ) -> None:
        self.name = name
        self.command = command
        self.log = logs / f"{name}.log"
        self.options = {"env": env, "cwd": PROJECT, "stdin": subprocess.DEVNULL, **options}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; whether it gets anywhere shows later."""
        with self.log.open("ab") as log:
            self.process = spawn(
                self.command, dying=signal.SIGTERM, stdout=log, stderr=log, **self.options
            )

    def last_words(self) -> str:
        """The end of its log, to find out why it died."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def stop(programs: Sequence[Program]) -> None:
    """End them at the same time, with time to finish what they are at."""
    processes = [program.process for program in programs if program.process]
    for process in processes:
        if process.poll() is None:
            process.terminate()  # once: a second one makes a worker drop what it runs
    for process in processes:
        await_end(process, GRACE_SECONDS)


def environment(directory: Path, servers: Servers) -> dict[str, str]:
    """What our commands need on this machine, and what does not contradict it of our own environment."""
    ours = {
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "SECRET_KEY": secret(directory / "secret.key"),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "HTTPS": "false",
        "FILES_DIR": str(directory / "files"),
        "STATIC_ROOT": str(directory / "static"),
        **servers.urls,
    }
    # The URLs of our own servers hold their passwords.
    overruled = ours.keys() | {name.replace("_URL", "_PASSWORD") for name in servers.started}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.removesuffix("_FILE") not in overruled
    }
    return kept | ours


def web(env: Mapping[str, str], logs: Path, door: socket.socket) -> Program:
    """The web server, on a socket that is already open."""
    command = [sys.executable, "-m", "gunicorn", "--config", "python:backoffice.gunicorn"]
    command += ["--bind", f"fd://{door.fileno()}"]
    return Program("web", command, env=env, logs=logs, pass_fds=[door.fileno()])


def worker(number: int, concurrency: int, env: Mapping[str, str], logs: Path) -> Program:
    """A Celery worker of `concurrency` processes that serves every queue but MAINTENANCE."""
    return _worker(f"worker-{number}", concurrency, env, logs)


def maintenance(env: Mapping[str, str], logs: Path) -> Program:
    """The Celery worker that serves the queue MAINTENANCE and no other."""
    return _worker("maintenance", MAINTENANCE_SLOTS, env, logs, "--queues", MAINTENANCE)


def _worker(
    name: str, concurrency: int, env: Mapping[str, str], logs: Path, *options: str
) -> Program:
    command = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--pool", "prefork"]
    command += ["--concurrency", str(concurrency), "--hostname", f"{name}@%h"]
    command += ["--without-heartbeat", "--without-gossip", "--without-mingle", *options]
    # With SIGQUIT for SIGTERM it waits for running jobs as long as its settings say, not for ever.
    return Program(name, command, env={**env, "REMAP_SIGTERM": "SIGQUIT"}, logs=logs)


def upkeep(env: Mapping[str, str], logs: Path) -> Program:
    """The process that rescues and republishes."""
    return Program("upkeep", [*MANAGE, "upkeep"], env=env, logs=logs)
