"""Databases beside the one of the tests."""

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg2
from django.conf import settings


@contextlib.contextmanager
def new_database() -> Iterator[str]:
    """Give the URL of a database without a single table, which is dropped at the end."""
    here = settings.DATABASES["default"]
    account = f"{here['USER']}:{here['PASSWORD']}@{here['HOST']}:{here['PORT']}"
    name = f"empty_{secrets.token_hex(4)}"
    admin = psycopg2.connect(f"postgres://{account}/postgres")
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        yield f"postgres://{account}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


def rows(environment: Mapping[str, str], sql: str) -> list[tuple[Any, ...]]:
    """Run a statement in the database of a site with this environment; returns its rows."""
    connection = psycopg2.connect(environment["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchall() if cursor.description else []
    connection.close()
    return found
