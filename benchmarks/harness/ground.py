"""What a measurement runs on: its own servers, Django, and our programs."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.core.management import call_command
from django.db import connection, connections

from backoffice.local import programs, servers, stack
from backoffice.local.stack import Stack


@contextmanager
def project() -> Iterator[Path]:
    """Django on servers that leave nothing behind; gives a directory for files.

    They sync nothing to the disk: its own noise would be measured, and those pay less who commit
    more.
    """
    with (
        TemporaryDirectory(prefix="backoffice-bench-") as home,
        servers.running_servers(Path(home), {}, durable=False) as started,
    ):
        os.environ.update(programs.environment(Path(home), started))
        django.setup()
        call_command("prepare", "staff", home)
        yield Path(home)
        for one in connections.all():
            one.close()


@contextmanager
def stack_of(home: Path, *, workers: int = 0, concurrency: int = 1) -> Iterator[Stack]:
    """Our programs on the servers of `home`."""
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    options = stack.Options(
        directory=home / "stack", port=0, workers=workers, concurrency=concurrency
    )
    with redirect_stdout(sys.stderr), stack.running_stack(options, given) as running:
        yield running


@contextmanager
def database(name: str) -> Iterator[str]:
    """Let Django use the database `name`, made as a copy of the prepared one; gives its URL."""
    prepared = connection.settings_dict["NAME"]
    url = re.sub(r"/\w+$", f"/{name}", os.environ["DATABASE_URL"])
    _create(name, prepared)
    _enter(name)
    try:
        yield url
    finally:
        _enter(prepared)


@contextmanager
def empty_database(name: str) -> Iterator[str]:
    """Make the database `name` without tables; gives its URL, and leaves Django where it is."""
    prepared = connection.settings_dict["NAME"]
    _create(name, "template0")
    _enter(prepared)
    yield re.sub(r"/\w+$", f"/{name}", os.environ["DATABASE_URL"])


def _create(name: str, template: str) -> None:
    _enter("template1")  # PostgreSQL copies no database that has connections
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _enter(name: str) -> None:
    for one in connections.all():
        one.close()
        one.settings_dict["NAME"] = name
