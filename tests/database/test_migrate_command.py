"""manage.py migrate holds up nobody, waits for locks, and can be run again."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import psycopg2
import pytest
from django.conf import settings

from backoffice.management.commands.migrate import ONE_AT_A_TIME
from tests.support.databases import new_database
from tests.support.processes import manage, production

MIGRATE = [sys.executable, "manage.py", "migrate", "-v0"]


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a database without a single table."""
    with new_database() as url:
        yield url


@contextlib.contextmanager
def connected(url: str) -> Iterator[psycopg2.extensions.cursor]:
    """A session in which each statement is a transaction of its own."""
    with contextlib.closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
        session.autocommit = True
        yield cursor


@contextlib.contextmanager
def reading(url: str) -> Iterator[int]:
    """A transaction that has read the jobs, as an export's; gives its process of PostgreSQL."""
    with contextlib.closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
        cursor.execute("SELECT count(*), pg_backend_pid() FROM jobs_job")
        yield cursor.fetchone()[1]


@contextlib.contextmanager
def migrating(url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*MIGRATE, *arguments],
        cwd=settings.BASE_DIR,
        env=production(DATABASE_URL=url),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def test_behind_a_long_transaction_a_migration_is_tried_again_and_holds_up_no_other(empty_database):
    assert manage("migrate", "jobs", "0016", DATABASE_URL=empty_database).returncode == 0
    with reading(empty_database) as reader:
        done = manage("migrate", "--wait-for-locks=0", DATABASE_URL=empty_database)
        assert done.returncode == 75, done.stderr
        assert "lock" in done.stderr
        assert f"process {reader} (" in done.stderr
        assert "Traceback" not in done.stderr
        with migrating(empty_database, "jobs", "0018") as process:
            assert "Trying again in 3 s." in process.stderr.readline() + process.stderr.readline()
            with connected(empty_database) as cursor:
                cursor.execute("SET statement_timeout = '10s'; SELECT count(*) FROM jobs_job")
            _end(reader, empty_database)
            assert process.wait(60) == 0, process.stderr.read()


def _end(pid: int, url: str) -> None:
    with connected(url) as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])


def test_a_migration_that_was_killed_while_it_built_indexes_is_run_again(empty_database):
    assert manage("migrate", "jobs", "0018", DATABASE_URL=empty_database).returncode == 0
    with connected(empty_database) as cursor:
        # As a killed 0019 leaves them: one index is built, one is not valid.
        cursor.execute("CREATE INDEX jobs_job_outcome ON jobs_job (status, id)")
        cursor.execute("CREATE INDEX jobs_job_running ON jobs_job (worker)")
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'jobs_job_running'::regclass"
        )
        done = manage("migrate", "jobs", "0019", DATABASE_URL=empty_database)
        assert done.returncode == 0, done.stderr
        cursor.execute("SELECT pg_get_indexdef('jobs_job_running'::regclass)")
        assert "WHERE" in cursor.fetchone()[0], "it was built again"
        cursor.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
        assert cursor.fetchone() == (0,)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_migrate_that_hangs_is_named_after_a_while(empty_database):
    with connected(empty_database) as other:
        other.execute(f"SELECT pg_advisory_lock({ONE_AT_A_TIME}), pg_backend_pid()")
        pid = other.fetchone()[1]
        done = manage("migrate", "--wait-for-migrate=0", DATABASE_URL=empty_database)
    assert done.returncode == 75, done.stderr
    assert f"Another migrate runs on this database: process {pid} (" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_at_once_follow_each_other(empty_database):
    with migrating(empty_database) as first, migrating(empty_database) as second:
        said = [process.communicate(timeout=180)[1] for process in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0), said
        assert sorted(said) == ["", "Another migrate runs on this database; waiting for its end.\n"]
