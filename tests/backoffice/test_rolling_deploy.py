"""An upgrade and a rollback under load, by the commands of docs/operations.md, behind nginx."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest
from django.conf import settings

from backoffice import __version__
from backoffice.local.processes import free_port
from tests.support.databases import new_database
from tests.support.nginx import needs_nginx, nginx
from tests.support.operations import documented
from tests.support.polling import wait_until
from tests.support.processes import production
from tests.support.releases import Host, copy_release, systemctl
from tests.support.traffic import Traffic

pytestmark = [needs_nginx, pytest.mark.django_db(transaction=True)]
NEWER = "99.1.0"
HANDLER = '''"""A job type of both versions."""
import time
from typing import Any

from django import forms

from jobs.handler.context import JobContext
from jobs.registry import job_type


@job_type(slug="rolling", label="Rolling", description="Says its version.", form=forms.Form)
def roll(job: JobContext) -> dict[str, Any]:
    """Write a file."""
    time.sleep(0.05)
    with job.save_file("out.txt", "text/plain") as out:
        out.write(b"VERSION")
    job.log("done by VERSION")
    return {"version": "VERSION"}
'''
LAST = max(path.stem for path in Path(settings.BASE_DIR, "jobs/migrations").glob("0*.py"))
# An expand migration: the new version writes a column that the older one does not know.
MIGRATION = f'''from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "{LAST}")]
    operations = [
        migrations.AddField(
            "job", "of_version", models.CharField(blank=True, db_default="", max_length=20)
        ),
    ]
'''
COLUMN = "    name = models.CharField(max_length=200)\n"
NEW_COLUMN = (
    COLUMN + '    of_version = models.CharField(max_length=20, blank=True, db_default="")\n'
)


def rows(url: str, query: str) -> list[tuple]:
    with contextlib.closing(psycopg2.connect(url)) as other, other.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.fixture
def releases(tmp_path) -> Path:
    """The folder of two versions."""
    for name in (__version__, NEWER):
        new = {"jobs/types/rolling.py": HANDLER.replace("VERSION", name)}
        changes = {}
        if name == NEWER:
            new[f"jobs/migrations/{int(LAST[:4]) + 1:04}_know_version.py"] = MIGRATION
            changes["backoffice/__init__.py"] = (f'"{__version__}"', f'"{NEWER}"')
            changes["jobs/models/job.py"] = (COLUMN, NEW_COLUMN)
        copy_release(tmp_path / f"backoffice-{name}", changes, new)
    return tmp_path


@pytest.fixture
def environment(releases, redis):
    """That of a site of the older version, with its database, static files and a staff login."""
    with new_database() as url:
        env = production(
            DATABASE_URL=url,
            FILES_DIR=str(releases / "files"),
            ALLOWED_HOSTS="127.0.0.1",
            HTTPS="false",
            WEB_THREADS="16",
            DJANGO_SETTINGS_MODULE="backoffice.settings",
            REMAP_SIGTERM="SIGQUIT",
        )
        (releases / "files").mkdir()
        command = [sys.executable, "manage.py", "prepare", "staff", str(releases)]
        older = releases / f"backoffice-{__version__}"
        own = env | {"STATIC_ROOT": str(releases / "static")}
        subprocess.run(command, cwd=older, env=own, check=True, timeout=180)
        yield env


def units(port: int) -> dict[str, list[str]]:
    """What the units of deploy/systemd/ run, on one port."""
    python = sys.executable
    worker = [python, "-m", "celery", "--app=backoffice", "worker", "--concurrency=2"]
    web = [python, "-m", "gunicorn", "--config=python:backoffice.gunicorn"]
    migrate = f"{python} manage.py migrate -v0 && {python} manage.py collectstatic --noinput -v0"
    return {
        "backoffice-migrate": ["sh", "-c", migrate],
        "backoffice-web": [*web, f"--bind=127.0.0.1:{port}"],
        "backoffice-worker@default": [*worker, "--queues=default", "--hostname=default@host"],
        "backoffice-upkeep": [python, "manage.py", "upkeep"],
    }


@pytest.fixture
def hosts(releases, environment):
    """Two hosts with the older version; both run the web, the first one everything else."""
    with contextlib.ExitStack() as stack:
        found = []
        for name in ("one", "two"):
            root = releases / name
            root.mkdir()
            for version in (__version__, NEWER):
                folder = f"backoffice-{version}"
                (root / folder).symlink_to(releases / folder)
            (root / "backoffice").symlink_to(f"backoffice-{__version__}")
            shutil.copytree(releases / "static", root / "static")
            port = free_port()
            host = Host(root, units(port), environment)
            stack.callback(host.stop_all)
            programs = stack.enter_context(systemctl(host))
            host.start("backoffice-web")
            found.append((host, port, programs))
        for unit in ("backoffice-worker@default", "backoffice-upkeep"):
            found[0][0].start(unit)
        yield found


def run_documented(word: str, version: str, host: Host, port: int, programs: Path) -> None:
    """Run a block of the documents with the places and ports of the test."""
    script = re.sub(r"^make .*\n", "", documented(word), flags=re.MULTILINE)
    script = script.replace("/opt/", f"{host.root}/").replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    script = script.replace("version=1.1.0", f"version={version}")
    given = host.env | {"PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-ec", script], env=given, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_upgrade_and_a_rollback_fail_no_request_and_lose_no_job(
    hosts, environment, releases, tmp_path
):
    url = environment["DATABASE_URL"]
    with nginx(tmp_path, [port for _, port, _ in hosts], static=True) as proxy:
        wait_until(lambda: rows(url, "SELECT count(*) FROM jobs_worker") == [(1,)], 90)
        token = (releases / "token").read_text().strip()
        login = ("staff", (releases / "staff.password").read_text().strip())
        traffic = Traffic(proxy, token, login)
        with traffic.running():
            wait_until(lambda: len(traffic.jobs) > 30 and traffic.answered["download"], 90)
            for version in (NEWER, __version__):
                for host in hosts:
                    run_documented("upgrade", version, *host)
                run_documented("workers", version, *hosts[0])
                more = len(traffic.jobs) + 30
                wait_until(lambda more=more: len(traffic.jobs) > more, 90)
        assert traffic.failed == []
        active = "SELECT count(*) FROM jobs_job WHERE type = 'rolling' AND finished_at IS NULL"
        wait_until(lambda: rows(url, active) == [(0,)], 120)
    check_jobs(url, traffic)


def check_jobs(url: str, traffic: Traffic) -> None:
    """Check that both versions served pages and ran jobs, and that each job ran once."""
    query = """SELECT id::text, status, attempt, result->>'version' FROM jobs_job
        WHERE type = 'rolling'"""
    found = rows(url, query)
    ended = {one: (status, attempt) for one, status, attempt, _ in found}
    assert {ended[one] for one in traffic.jobs} == {("COMPLETED", 1)}
    claims = "SELECT max(count) FROM (SELECT count(*) FROM jobs_jobevent WHERE to_status ="
    assert rows(url, f"{claims} 'PROCESSING' GROUP BY job_id) AS claims") == [(1,)]
    assert {version for *_, version in found} == {__version__, NEWER}
    assert set(traffic.versions) == {__version__, NEWER}
    kinds = {"submit", "list", "poll", "download", "page", "static"}
    assert kinds <= set(traffic.answered)
