"""Backup under load and restore into an empty stack, by the commands of docs/operations.md."""

import contextlib
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings
from django.db import connections

from backoffice.local import binaries
from jobs import services
from jobs.models import ApiToken, Job
from tests.support import people
from tests.support.databases import new_database
from tests.support.polling import wait_until
from tests.support.processes import manage, production, serving, started

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=2"]
UPKEEP = [sys.executable, "manage.py", "upkeep"]
LEASE = {"JOBS_LEASE_SECONDS": "6", "DJANGO_SETTINGS_MODULE": "backoffice.settings"}
PARAMS = {"model": "auth.user", "format": "jsonl"}


def documented(word: str) -> list[str]:
    """The commands of the block in docs/operations.md that has this word."""
    section = (Path(settings.BASE_DIR) / "docs/operations.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    [found] = [block for block in blocks if word in block]
    return found.splitlines()


def run_documented(commands: list[str], place: Path, **environment: str) -> str:
    """Run commands of the documents in a shell; returns what they print."""
    given = production(**environment)
    given["PATH"] = f"{binaries.postgres().parent}:{given['PATH']}"
    script = "\n".join(["set -e", *commands]).replace("manage.py", f"{settings.BASE_DIR}/manage.py")
    done = subprocess.run(
        ["sh", "-c", script], cwd=place, env=given, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def submitted(user, count: int) -> None:
    caller = people.caller_for(user)
    for _ in range(count):
        services.submit(caller, name="Export data", params=PARAMS)


@contextlib.contextmanager
def load(user):
    """Submit jobs all the time."""
    ended = threading.Event()

    def submit():
        while not ended.wait(0.1):
            submitted(user, 1)
        connections.close_all()

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def completed() -> int:
    return Job.objects.filter(status="COMPLETED").count()


def files_below(directory: Path) -> set[str]:
    return {path.relative_to(directory).as_posix() for path in directory.rglob("20*/*/*/*/*-*")}


def rows(url: str, query: str) -> list[tuple]:
    with contextlib.closing(psycopg2.connect(url)) as other, other.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.fixture
def back_up(redis, tmp_path):
    """back_up(user, files_first): back up a site that works, and stop it."""

    def run(user, files_first):
        own = {"FILES_DIR": str(tmp_path / "files")} | LEASE
        Path(own["FILES_DIR"]).mkdir()
        first, dump, files = documented("pg_dump")
        with (
            (tmp_path / "worker.log").open("w") as log,
            started(WORKER, log=log, **own),
            load(user),
        ):
            wait_until(lambda: completed() > 5, 60)
            for command in (files, dump) if files_first else (dump, files):
                run_documented([first, command], tmp_path, **own)
                more = completed() + 5
                wait_until(lambda more=more: completed() > more, 60)

    return run


@pytest.mark.parametrize("files_first", [False, True], ids=["as documented", "older files"])
def test_what_was_backed_up_under_load_works_again(files_first, back_up, redis, tmp_path):
    user = people.superuser()
    token = ApiToken.objects.create(user, name="test")[1]
    back_up(user, files_first)
    redis.flushall()
    with new_database() as url:
        own = {"FILES_DIR": str(tmp_path / "restored"), "DATABASE_URL": url} | LEASE
        Path(own["FILES_DIR"]).mkdir()
        said = run_documented(documented("pg_restore"), tmp_path, **own)
        lost = int(re.search(r"(\d+) files are missing or incomplete;", said)[1])
        assert (lost > 0) == files_first, said
        assert len(re.findall(r"^job .* is missing$", said, re.MULTILINE)) == lost
        before = files_below(tmp_path / "restored")
        check_it_works(url, own, token, tmp_path)
        known = {name for (name,) in rows(url, "SELECT stored_name FROM jobs_jobfile")}
        assert before & known <= files_below(tmp_path / "restored"), "no file of a job is removed"
        assert "cannot be used" not in manage("prune_jobs", **own).stdout
        assert before & known <= files_below(tmp_path / "restored")


def check_it_works(url, own, token, tmp_path) -> None:
    """Check that every job ends, and that the token is valid."""
    with (
        (tmp_path / "restored.log").open("w") as log,
        started(WORKER, log=log, **own),
        started(UPKEEP, log=log, **own),
        serving(tmp_path, **own) as site,
    ):
        active = "SELECT count(*) FROM jobs_job WHERE status IN ('PENDING', 'PROCESSING')"
        until = time.monotonic() + 150
        while rows(url, active) != [(0,)]:
            assert time.monotonic() < until, rows(url, "SELECT status, worker FROM jobs_job")
            time.sleep(0.5)
        answer = site.ask("/api/v1/jobs/", Authorization=f"Token {token}")
        assert answer.status == 200
