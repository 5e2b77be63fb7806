"""Early pytest plugin: starts throw-away PostgreSQL and Redis before Django reads its settings.

The developer's DATABASE_URL and REDIS_URL are never used, because tests empty their servers. With
xdist, the controller owns PostgreSQL, in which pytest-django gives each worker its own database;
each worker has its own Redis, because some tests make it refuse all clients.

`python -m tests.servers COMMAND ...` runs a command in that environment; without a command it keeps
the servers running, for quick test runs one after the other.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice.local import servers
from backoffice.local.home import DEFAULT, reachable

# The developer, and xdist's controller for its workers, name running servers by these variables.
SHARED = {"DATABASE_URL": "TEST_DATABASE_URL", "REDIS_URL": "TEST_REDIS_URL"}


@pytest.hookimpl(tryfirst=True)  # pytest-django reads the settings in this hook
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    stack = contextlib.ExitStack()
    early_config.add_cleanup(stack.close)
    env = stack.enter_context(environment())
    os.environ.update(env, TEST_DATABASE_URL=env["DATABASE_URL"])


@contextlib.contextmanager
def environment() -> Iterator[dict[str, str]]:
    """Give the variables that settings.py needs, on servers that live as long as the block."""
    given = {name: os.environ[shared] for name, shared in SHARED.items() if os.environ.get(shared)}
    place = reachable(DEFAULT)
    _sweep(place)
    with (
        tempfile.TemporaryDirectory(dir=place, prefix="tests-") as home,
        servers.running_servers(Path(home), given, durable=False) as running,
    ):
        files = Path(home, "files")
        files.mkdir()
        yield {
            **running.urls,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
            "HTTPS": "false",
            "FILES_DIR": str(files),
            "STATIC_ROOT": str(DEFAULT / "static"),
        }


def _sweep(place: Path) -> None:
    """Remove the directories of killed test runs."""
    for left in place.glob("tests-*/servers.lock"):
        with contextlib.suppress(OSError), left.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # refused: that run is alive
            shutil.rmtree(left.parent)


def main(command: list[str]) -> int:
    with environment() as env:
        if command:
            return subprocess.call(command, env=os.environ | env)
        print(
            *(f"export {shared}={env[name]}" for name, shared in SHARED.items()),
            sep="\n",
            flush=True,
        )
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
