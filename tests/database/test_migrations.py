"""Processes on a database of another version: they say so once, with the fix, and wait for it."""

import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from django.db import Error, IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor

from jobs import database
from jobs.database import Trouble
from tests.support.databases import new_database
from tests.support.polling import wait_until
from tests.support.processes import manage, serving, started

FIX = "Run manage.py migrate with this version."
WORKER = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"]
WORKER += ["--without-heartbeat", "--without-gossip", "--without-mingle"]
PROCESSES = {"worker": WORKER, "upkeep": [sys.executable, "manage.py", "upkeep"]}


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a database without a single table."""
    with new_database() as url:
        yield url


def records(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    other = psycopg2.connect(url)
    try:
        with other.cursor() as cursor:
            cursor.execute(query)
            other.commit()
            return cursor.fetchall()
    finally:
        other.close()


def complaints(log: Path) -> list[str]:
    return [
        str(one["message"])
        for one in records(log)
        if one["level"] in ("WARNING", "ERROR", "CRITICAL")
    ]


@pytest.mark.parametrize(
    ("kind", "table"), [("worker", "jobs_worker"), ("upkeep", "jobs_upkeepstate")], ids=PROCESSES
)
def test_a_process_waits_for_the_tables_of_its_version(kind, table, tmp_path, empty_database):
    log = tmp_path / "log"
    files = str(tmp_path)
    with (
        log.open("w") as out,
        started(
            PROCESSES[kind],
            log=out,
            DATABASE_URL=empty_database,
            FILES_DIR=files,
            REMAP_SIGTERM="SIGQUIT",
        ),
    ):
        wait_until(lambda: FIX in log.read_text())
        with pytest.raises(AssertionError):
            wait_until(lambda: log.read_text().count("migrations of this version") > 1, 5)
        said = [one for one in complaints(log) if "SecurityWarning" not in one]
        assert len(said) == 1, said
        assert said[0].startswith("The database lacks ")
        assert "Traceback" not in log.read_text()
        assert manage("migrate", DATABASE_URL=empty_database).returncode == 0
        wait_until(lambda: rows(empty_database, f"SELECT count(*) FROM {table}") == [(1,)])


def test_a_site_without_its_tables_says_so_without_a_traceback(tmp_path, empty_database):
    with serving(tmp_path, DATABASE_URL=empty_database) as site:
        for _ in range(3):
            assert site.ask("/readyz").status == 503
            page = site.ask("/admin/", Cookie="sessionid=abcdefghijklmnopqrstuvwxyz012345")
            call = site.ask("/api/v1/jobs/", Authorization="Token " + "a" * 64)
        assert (page.status, call.status) == (503, 503)
        assert "does not have the tables of this version yet" in page.text
        assert (json.loads(call.text)["code"], call.headers["Retry-After"]) == (
            "database_unavailable",
            "60",
        )
        log = site.log.read_text()
    assert "Traceback" not in log
    assert (
        sum(
            one.startswith("This process is not ready.") and FIX in one
            for one in complaints(site.log)
        )
        == 1
    )


def test_a_command_without_its_tables_names_the_fix(empty_database):
    done = manage("submit_job", "x", DATABASE_URL=empty_database)
    assert done.returncode == 75
    assert FIX in done.stderr


OF_TOMORROW = """INSERT INTO django_migrations (app, name, applied)
    VALUES ('jobs', '9999_of_tomorrow', now())"""
OF_1_0_0 = """INSERT INTO jobs_job (id, name, type, params, queue, status, version,
        progress_message, error_code, error_type, error_message, error_traceback,
        created_by_name, source, request_id, request_hash, unique_key, publishes, attempt, worker,
        cancel_requested_by, cancel_reason, acknowledged_by, acknowledged_note)
    VALUES (gen_random_uuid(), 'Old', 'prune_jobs', '{}', 'default', 'PENDING', 1,
        '', '', '', '', '',
        '', 'api', '', '', '', 1, 0, '',
        '', '', '', '')"""
OF_NOW = """INSERT INTO jobs_job (id, name, type, params, queue, created_by_name, source,
        request_id, request_hash, unique_while_active)
    VALUES (gen_random_uuid(), 'New', 'prune_jobs', '{}', 'default', '', 'api', '', '', true)"""


@pytest.mark.parametrize("first", [OF_1_0_0, OF_NOW], ids=["old", "new"])
@pytest.mark.parametrize("second", [OF_1_0_0, OF_NOW], ids=["old", "new"])
@pytest.mark.django_db
def test_one_active_job_of_a_unique_type_is_all_that_two_versions_together_can_make(first, second):
    with connection.cursor() as cursor:
        cursor.execute(first)
        with pytest.raises(IntegrityError, match="jobs_job_one_active_of_its_kind"):
            cursor.execute(second)


def test_an_upgrade_and_its_way_back_keep_the_active_jobs_of_unique_types(empty_database):
    assert manage("migrate", "jobs", "0016", DATABASE_URL=empty_database).returncode == 0
    rows(empty_database, OF_1_0_0 + " RETURNING id")
    for direction in ("0018", "0016", "0018"):
        done = manage("migrate", "jobs", direction, DATABASE_URL=empty_database)
        assert done.returncode == 0, done.stderr
        with pytest.raises(psycopg2.IntegrityError, match="jobs_job_one_active_of_its_kind"):
            rows(empty_database, OF_1_0_0)


@pytest.mark.django_db
def test_one_missing_migration_is_named():
    assert database.schema_fault("default") == ""
    [(_, last)] = MigrationExecutor(connection).loader.graph.leaf_nodes("jobs")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs' AND name = %s", [last])
    fault = f"The database lacks one migration of this version, first jobs.{last}. {FIX}"
    assert database.schema_fault("default") == fault


@pytest.mark.django_db
def test_a_newer_database_is_a_warning_and_no_reason_to_wait(caplog):
    with connection.cursor() as cursor:
        cursor.execute(OF_TOMORROW)
    assert database.schema_fault("default") == ""
    database.await_tables(
        logging.getLogger("probe"), "It waits", using="default", stopped=threading.Event()
    )
    assert "does not know (jobs.9999_of_tomorrow)" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_column_that_a_newer_version_has_removed_is_no_bug_of_this_one():
    with connection.cursor() as cursor:
        cursor.execute(OF_TOMORROW)
    try:
        with pytest.raises(Error) as caught, connection.cursor() as cursor:
            cursor.execute("SELECT of_yesterday FROM jobs_job")
        kind, sentence = database.diagnose(caught.value, "default")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_of_tomorrow'")
    assert kind is Trouble.OUTDATED
    assert sentence.endswith("(jobs.9999_of_tomorrow). Deploy the version they belong to.")
