"""Each kind of process has a name in pg_stat_activity, also behind a pooler."""

import contextlib
import sys
import threading

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from jobs.database import application_name
from jobs.models import Job
from tests.support.operations import documented
from tests.support.pgbouncer import pgbouncer
from tests.support.polling import wait_until
from tests.support.processes import manage, production, serving, started

NAMES = {
    "backoffice web",
    "backoffice worker main",
    "backoffice worker pool",
    "backoffice upkeep",
}
WORKER = [sys.executable, "-m", "celery", "--app=backoffice", "worker", "--concurrency=1"]
UPKEEP = [sys.executable, "manage.py", "upkeep"]
SHOW = (
    "from django.db import connections; cursor = connections['{}'].cursor();"
    "cursor.execute('SHOW application_name'); print(cursor.fetchone()[0])"
)
FOUND = "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"


@contextlib.contextmanager
def connected(**options):
    """A connection of its own to the database of the tests."""
    own = psycopg2.connect(production()["DATABASE_URL"], **options)
    own.autocommit = True
    with contextlib.closing(own), own.cursor() as cursor:
        yield cursor


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_pooled", [False, True], ids=["direct", "pgbouncer"])
def test_each_kind_of_process_has_its_name_in_pg_stat_activity(tmp_path, is_pooled, redis):
    with contextlib.ExitStack() as stack:
        changes = {"FILES_DIR": str(tmp_path), "PROBE_TOKEN": "probe" * 8}
        if is_pooled:
            pooler = stack.enter_context(pgbouncer(tmp_path, settings.DATABASES["default"]))
            changes["DATABASE_URL"] = pooler.url
        log = stack.enter_context((tmp_path / "log").open("w"))
        site = stack.enter_context(serving(tmp_path, **changes))
        for command in (WORKER, UPKEEP):
            stack.enter_context(started(command, log=log, **changes))
        assert site.ask("/readyz").status == 200
        done = manage("submit_job", "named", "--type=report", **changes)
        assert done.returncode == 0, done.stderr
        cursor = stack.enter_context(connected())

        def names() -> set[str]:
            cursor.execute(FOUND)
            return {name for (name,) in cursor.fetchall()}

        wait_until(lambda: names() >= NAMES, 60)
        wait_until(lambda: not Job.objects.exclude(status="COMPLETED").exists(), 60)


@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize("alias", ["default", "worker"])
@pytest.mark.parametrize(
    ("query", "variable", "name"),
    [
        ("", "", "backoffice manage shell"),
        ("?application_name=shop", "", "shop manage shell"),
        ("", "shop", "shop manage shell"),
        ("?application_name=shop", "other", "shop manage shell"),
        (f"?application_name={'long' * 20}", "", f"{('long' * 20)[:50]} manage shell"),
        ("?application_name=l%C3%A4den%20west", "", "l?den west manage shell"),
    ],
    ids=["own", "url", "environment", "both", "long", "umlaut"],
)
def test_a_name_of_the_operator_stands_for_the_site(alias, query, variable, name):
    changes = {"DATABASE_URL": production()["DATABASE_URL"] + query, "PGAPPNAME": variable}
    done = manage("shell", "--no-imports", f"--command={SHOW.format(alias)}", **changes)
    assert done.stdout.strip() == name, done.stderr


@pytest.mark.django_db
def test_the_name_is_sent_with_the_request_to_connect(monkeypatch):
    monkeypatch.setattr(application_name, "_kind", "web")
    monkeypatch.delenv("PGAPPNAME", raising=False)
    new = connection.copy()
    new.ensure_connection()
    with contextlib.closing(new.connection) as opened:
        assert opened.info.dsn_parameters["fallback_application_name"] == "backoffice web"


@pytest.mark.usefixtures("django_db_setup")
def test_the_query_of_the_guide_names_the_process_that_holds_a_lock():
    lock = "SELECT pg_advisory_xact_lock(4711)"
    with (
        connected(application_name="backoffice worker pool") as holder,
        connected(application_name="backoffice web") as waiting,
        connected() as cursor,
    ):
        holder.execute(f"BEGIN; {lock}")
        pid = holder.connection.info.backend_pid
        thread = threading.Thread(target=waiting.execute, args=[lock])
        thread.start()

        def found() -> list[tuple[object, ...]]:
            cursor.execute(documented("locks"))
            return cursor.fetchall()

        try:
            wait_until(found)
            [row] = found()
        finally:
            holder.execute("ROLLBACK")
            thread.join()
        columns = [column.name for column in cursor.description]
        row = dict(zip(columns, row, strict=True))
    assert (row["waits"], row["holds"]) == ("backoffice web", "backoffice worker pool")
    assert (row["holder"], row["last"]) == (pid, f"BEGIN; {lock}")
