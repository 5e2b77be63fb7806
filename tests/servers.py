"""Early pytest plugin: throw-away PostgreSQL and Redis, in the environment before Django reads its settings.

The developer's own DATABASE_URL and REDIS_URL are never used: tests empty what they are given. For
quick runs one after the other keep a pair running in a second terminal (`python -m tests.servers`
prints the two variables to set). With xdist the controller owns the servers; a worker finds them in
the two variables and takes its own Redis number, and from pytest-django its own database.
"""

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice.local import servers
from backoffice.local.home import DEFAULT

SHARED = {"DATABASE_URL": "TEST_DATABASE_URL", "REDIS_URL": "TEST_REDIS_URL"}


@pytest.hookimpl(tryfirst=True)  # pytest-django reads the settings in this hook
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    stack = contextlib.ExitStack()
    early_config.add_cleanup(stack.close)
    urls = stack.enter_context(throw_away()).urls
    os.environ.update({SHARED[name]: url for name, url in urls.items()})
    files = stack.enter_context(tempfile.TemporaryDirectory(prefix="backoffice-files-"))
    os.environ.update(
        DATABASE_URL=urls["DATABASE_URL"],
        REDIS_URL=_own_redis_number(urls["REDIS_URL"]),
        SECRET_KEY=secrets.token_urlsafe(50),
        ALLOWED_HOSTS="testserver,127.0.0.1,localhost",
        FILES_DIR=files,
        STATIC_ROOT=str(DEFAULT / "static"),
        HTTPS="false",
    )


@contextlib.contextmanager
def throw_away() -> Iterator[servers.Servers]:
    """Give servers for tests: the ones of TEST_DATABASE_URL and TEST_REDIS_URL, else new ones."""
    given = {name: os.environ[shared] for name, shared in SHARED.items() if os.environ.get(shared)}
    with (
        tempfile.TemporaryDirectory(prefix="backoffice-tests-") as home,
        servers.running(Path(home), given, durable=False) as started,
    ):
        yield started


def _own_redis_number(url: str) -> str:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1").removeprefix("gw")
    return f"{url.rpartition('/')[0]}/{int(worker) + 1}"


if __name__ == "__main__":
    with throw_away() as kept:
        print(*(f"export {SHARED[name]}={url}" for name, url in kept.urls.items()), sep="\n", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
