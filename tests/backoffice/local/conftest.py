"""Directories and processes for the tests of the local servers."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backoffice.local import servers
from backoffice.local.home import PROJECT
from tests.backoffice.local.places import copy_of, place

HOLD_SERVERS = """
import json, sys, time
from pathlib import Path
from backoffice.local import servers
with servers.running_servers(Path(sys.argv[1]), json.loads(sys.argv[2]), durable=False) as running:
    pids = {variable: server.process.pid for variable, server in running.started.items()}
    print(json.dumps({"urls": running.urls, "pids": pids}), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def empty_home() -> Iterator[Path]:
    """Return a directory in which nothing was ever started."""
    with place() as directory:
        yield directory


@pytest.fixture(scope="session")
def initialised() -> Iterator[Path]:
    """Return a directory with PostgreSQL's files, only to be copied."""
    with place() as directory:
        with servers.running_servers(directory, {}, durable=False):
            pass
        yield directory


@pytest.fixture
def home(initialised) -> Iterator[Path]:
    """Return a directory in which servers ran before, so that they start quickly."""
    with copy_of(initialised) as directory:
        yield directory


class Holder:
    """Another process that runs the servers of a directory until it is stopped."""

    def __init__(self, directory: Path, given: dict[str, str], env: dict[str, str] | None) -> None:
        command = [sys.executable, "-c", HOLD_SERVERS, str(directory), json.dumps(given)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, cwd=PROJECT, env=env, text=True, **pipes)
        self._said: dict | None = None

    def said(self) -> dict:
        """Where its servers are, and as which processes; waits until they run."""
        self._said = self._said or json.loads(self.process.stdout.readline())
        return self._said

    def stop(self) -> int:
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.stop()


@pytest.fixture
def hold() -> Iterator[Callable[..., Holder]]:
    """Start holders by hold(directory, given={}, env=None), and stop them after the test."""
    holders: list[Holder] = []

    def start(
        directory: Path, given: dict[str, str] | None = None, env: dict[str, str] | None = None
    ) -> Holder:
        holders.append(Holder(directory, given or {}, env))
        return holders[-1]

    yield start
    for holder in holders:
        holder.stop()
