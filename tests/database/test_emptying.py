"""Tests empty the database while a worker that many of them share reads it."""

import threading

import psycopg2
import pytest
from django.core.management.color import no_style
from django.db import connection

from jobs.models import Upload
from tests.support.polling import wait_until

TABLES = ["jobs_job", "jobs_upload"]


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_with_a_reader_does_not_keep_the_tables_full():
    Upload.objects.create(name="a", stored_name="a", size=1, sha256="0" * 64)
    params = connection.get_connection_params()
    params.pop("cursor_factory")
    reader = psycopg2.connect(**params)
    cursor = reader.cursor()
    cursor.execute("SELECT FROM jobs_upload LIMIT 1")

    def read_the_other() -> None:
        wait_until(lambda: is_waiting(cursor))
        cursor.execute("SELECT FROM jobs_job LIMIT 1")
        reader.close()

    thread = threading.Thread(target=read_the_other)
    thread.start()
    statements = connection.ops.sql_flush(no_style(), TABLES, allow_cascade=True)
    connection.ops.execute_sql_flush(statements)
    thread.join(30)
    assert not Upload.objects.exists()


def is_waiting(cursor) -> bool:
    """Whether another session waits for a lock of the cursor's session."""
    cursor.execute(
        "SELECT 1 FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    return cursor.rowcount > 0
