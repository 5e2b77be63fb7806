"""A second session that keeps rows or tables locked."""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg2
from django.db import connection


@contextlib.contextmanager
def locked(sql: str, *values: Any) -> Iterator[None]:
    """Hold what `sql` locks for the length of the block."""
    params = connection.get_connection_params()
    params.pop("cursor_factory")
    other = psycopg2.connect(**params)
    try:
        with other.cursor() as cursor:
            cursor.execute(sql, values)
        yield
    finally:
        other.rollback()
        other.close()


def locked_row(job: Any) -> contextlib.AbstractContextManager[None]:
    """Hold the row of a job, as a session does that was left in the middle of a transaction."""
    return locked("SELECT FROM jobs_job WHERE id = %s FOR UPDATE", str(job.id))
