"""Starts PostgreSQL and Redis on this machine, except those whose URL is given."""

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from backoffice.local.home import reachable, write_private
from backoffice.local.postgres import Postgres
from backoffice.local.processes import CannotRun, is_running
from backoffice.local.redis import Redis

SERVER_URLS = ("DATABASE_URL", "REDIS_URL")
ATTACH_SECONDS = 120
GUEST_SECONDS = 30
SERVER_CLASSES: tuple[type[Postgres] | type[Redis], ...] = (Postgres, Redis)


@dataclass
class Servers:
    """The URLs of PostgreSQL and Redis, and those that we started; keys are the variables."""

    urls: dict[str, str]
    owned: bool = False  # false: another process started them and will stop them
    started: dict[str, Postgres | Redis] = field(default_factory=dict)


@contextlib.contextmanager
def running_servers(
    directory: Path, given: dict[str, str], *, durable: bool = True
) -> Iterator[Servers]:
    """Run both servers during the block, except those whose URL is `given`, by variable.

    A second process on the same directory attaches to the servers of the first, which waits for it
    before it stops them.
    """
    home = reachable(directory)
    state = home / "servers.json"
    with (home / "servers.lock").open("a") as lock, (home / "guests.lock").open("a") as guests:
        if attached := _lock_or_attach(lock, guests, state):
            yield Servers(attached | given)
            return
        servers = Servers(dict(given), owned=True)
        try:
            for kind in SERVER_CLASSES:
                if kind.variable not in given:
                    child = kind(home, durable=durable)
                    servers.started[kind.variable] = child
                    servers.urls[kind.variable] = child.start()
            write_private(state, json.dumps({"pid": os.getpid(), "urls": servers.urls}))
            yield servers
        finally:
            state.unlink(missing_ok=True)
            _await_guests(guests)
            for child in reversed(servers.started.values()):
                child.stop()
            if home != directory and not durable:
                shutil.rmtree(home)  # the caller removes its own directory only


def _lock_or_attach(lock: IO[str], guests: IO[str], state: Path) -> dict[str, str] | None:
    """Take the lock and return None, or return the URLs of the process that holds it.

    Waits until that process has started its servers.
    """
    end = time.monotonic() + ATTACH_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            state.unlink(missing_ok=True)  # of a killed run
            return None
        fcntl.flock(guests, fcntl.LOCK_SH)  # before reading: from now on the owner waits for us
        with contextlib.suppress(FileNotFoundError):
            found = json.loads(state.read_text())
            if is_running(found["pid"]):
                urls: dict[str, str] = found["urls"]
                return urls
        fcntl.flock(guests, fcntl.LOCK_UN)
        time.sleep(0.1)
    raise CannotRun(f"Another process holds {lock.name} but starts no servers.")


def _await_guests(guests: IO[str]) -> None:
    """Wait up to GUEST_SECONDS for attached processes: a demo beside `make run` takes seconds."""
    for tenth in range(GUEST_SECONDS * 10):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(guests, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if tenth == 10:
            print("Another process still uses PostgreSQL and Redis; waiting for it ...", flush=True)
        time.sleep(0.1)
