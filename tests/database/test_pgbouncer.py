"""Upkeep's lock and the limits of types hold behind a real PgBouncer in session mode."""

import contextlib
import sys
import time

import psycopg2
import pytest

from jobs.models import Job, JobEvent, UpkeepState
from tests.support.pgbouncer import pgbouncer
from tests.support.polling import wait_until
from tests.support.processes import manage, production, run, started

LEASE_SECONDS = 6  # a busy machine delays heartbeats by seconds
UPKEEP = [sys.executable, "manage.py", "upkeep"]
WORKER = [sys.executable, "-m", "celery", "--app=backoffice", "worker", "--concurrency=3"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings):
    settings.JOBS_LEASE_SECONDS = LEASE_SECONDS
    return settings.DATABASES["default"]


@pytest.fixture
def start(tmp_path):
    """Start a process of the project behind the pooler; all end with the test."""
    with contextlib.ExitStack() as stack, (tmp_path / "log").open("w") as log:

        def start_one(command, pooler, **changes):
            env = {
                "DATABASE_URL": pooler.url,
                "FILES_DIR": str(tmp_path),
                "JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
            }
            return stack.enter_context(started(command, log=log, **env | changes))

        yield start_one


def leads(process) -> bool:
    """Whether this upkeep has written a heartbeat of late, and no other since."""
    return UpkeepState.objects.live().filter(pid=process.pid).exists()


def test_an_upkeep_keeps_its_lock_until_it_is_killed(tmp_path, server, start):
    with pgbouncer(tmp_path, server, server_idle_timeout=1, server_lifetime=1) as pooler:
        first = start(UPKEEP, pooler)
        wait_until(lambda: leads(first), 60)
        second = start(UPKEEP, pooler)
        for _ in range(5):
            time.sleep(1)
            assert leads(first)
        first.kill()
        wait_until(lambda: leads(second), 60)


def test_one_upkeep_leads_again_once_a_killed_pgbouncer_is_back(tmp_path, server, start):
    with pgbouncer(tmp_path, server) as pooler:
        both = [start(UPKEEP, pooler) for _ in range(2)]
        wait_until(lambda: any(map(leads, both)), 60)
        pooler.kill()
        time.sleep(LEASE_SECONDS)
        assert not any(map(leads, both))
        pooler.start()
        wait_until(lambda: any(map(leads, both)), 60)
        assert [process.poll() for process in both] == [None, None]


def test_an_upkeep_with_a_direct_url_does_not_need_the_pooler(tmp_path, server, start):
    direct = production()["DATABASE_URL"]
    with pgbouncer(tmp_path, server) as pooler:
        upkeep = start(UPKEEP, pooler, DATABASE_DIRECT_URL=direct)
        wait_until(lambda: leads(upkeep), 60)
        pooler.kill()
        time.sleep(LEASE_SECONDS + 1)
        assert leads(upkeep)


def test_a_limited_type_runs_one_at_a_time_behind_pgbouncer(tmp_path, server, start, redis):
    with pgbouncer(tmp_path, server) as pooler:
        limit = ["limit_jobs", "report", "--at-most=1", "--reason=a test"]
        for arguments in (limit, *[["submit_job", "limited", "--type=report"]] * 4):
            done = manage(*arguments, DATABASE_URL=pooler.url, FILES_DIR=str(tmp_path))
            assert done.returncode == 0, done.stderr
        start(WORKER, pooler)
        start(UPKEEP, pooler)
        wait_until(lambda: not Job.objects.exclude(status="COMPLETED").exists(), 90)
    running = 0
    for event in JobEvent.objects.order_by("at", "id"):
        running += (event.to_status == "PROCESSING") - (event.from_status == "PROCESSING")
        assert running <= 1


@pytest.fixture
def full(tmp_path, server):
    """The URL of a pooler whose only connection is taken."""
    with (
        pgbouncer(tmp_path, server, default_pool_size=1, query_wait_timeout=1) as pooler,
        contextlib.closing(psycopg2.connect(pooler.url)) as holder,
    ):
        holder.cursor().execute("SELECT")
        yield pooler.url


@pytest.mark.parametrize("entry", ["", "backoffice.wsgi"], ids=["command", "web"])
def test_a_full_pool_is_named_in_the_error(full, entry):
    program = f"""
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
import {entry or "django"}
django.setup()
from django.db import Error, connection
from jobs.database import explain
try:
    connection.cursor()
except Error as error:
    print(explain(error))
"""
    done = run(sys.executable, "-c", program, DATABASE_URL=full)
    assert "default_pool_size there" in done.stdout, done.stderr


@pytest.mark.parametrize("entry", ["", "backoffice.wsgi"], ids=["command", "web"])
def test_a_pooler_that_is_full_or_without_its_server_is_passed_over(full, entry, server):
    program = f"""
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "backoffice.settings"
import {entry or "django"}
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT inet_server_port(), current_database()")
    print(*cursor.fetchone())
"""
    account, _, host = production()["DATABASE_URL"].rpartition("@")
    first = full.rpartition("@")[2].partition("/")[0]
    done = run(sys.executable, "-c", program, DATABASE_URL=f"{account}@{first},{host}")
    assert done.stdout.split() == [str(server["PORT"]), server["NAME"]], done.stderr
