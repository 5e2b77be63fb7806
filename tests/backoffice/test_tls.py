"""TLS to PostgreSQL and Redis: certificates are verified, and nothing falls back to plain."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest

from backoffice.local.home import DEFAULT, reachable
from tests.support.debian import program
from tests.support.operations import documented
from tests.support.polling import wait_until
from tests.support.processes import manage, production, run, started
from tests.support.tls import Authority, TlsPostgres, TlsRedis, running

WORKER = [sys.executable, "-m", "celery", "--app=backoffice", "worker", "--concurrency=1"]
PROCESSES = {
    "web": ["gunicorn", "--config=python:backoffice.gunicorn", "--bind=127.0.0.1:0"],
    "worker": WORKER,
    "upkeep": [sys.executable, "manage.py", "upkeep"],
}
BROKER = "from backoffice.health import check_broker; print(check_broker())"
DATABASE = "from backoffice.health import check_database; print(check_database())"
REDIS_REFUSED = "The certificate of Redis is refused"
POSTGRES_REFUSED = "PostgreSQL's TLS is refused"


@pytest.fixture(scope="module")
def other_ca(tmp_path_factory) -> Path:
    """A CA that signed nothing."""
    return Authority(tmp_path_factory.mktemp("other") / "ca").ca_file


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The environment of a site on servers with certificates for `localhost`, and its tables."""
    home = tmp_path_factory.mktemp("tls")
    ours = Authority(home / "ca")
    files = ours.certify("localhost")
    with (
        # PostgreSQL's account must reach it.
        TemporaryDirectory(dir=reachable(DEFAULT), prefix="tests-") as place,
        running(TlsPostgres(Path(place), *files)) as postgres,
        running(TlsRedis(Path(place), *files)) as redis,
    ):
        env = {
            "DATABASE_URL": postgres.replace("127.0.0.1", "localhost"),
            "DATABASE_CA_FILE": str(ours.ca_file),
            "REDIS_URL": redis.replace("redis://", "rediss://").replace("127.0.0.1", "localhost"),
            "REDIS_CA_FILE": str(ours.ca_file),
            "FILES_DIR": str(home),
        }
        done = manage("migrate", "--verbosity=0", **env)
        assert done.returncode == 0, done.stderr
        yield env


def test_a_job_runs_over_tls_with_the_right_ca(site, tmp_path):
    with (tmp_path / "log").open("w") as log, started(WORKER, log=log, **site):
        done = manage("submit_job", "over TLS", "--type=report", **site)
        assert done.returncode == 0, done.stderr
        with psycopg2.connect(site["DATABASE_URL"]) as connection, connection.cursor() as cursor:
            connection.autocommit = True

            def is_completed() -> bool:
                cursor.execute("SELECT status FROM jobs_job WHERE name = 'over TLS'")
                return bool(cursor.fetchall() == [("COMPLETED",)])

            wait_until(is_completed, 60)
            cursor.execute(
                "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                " WHERE NOT ssl AND backend_type = 'client backend'"
            )
            assert cursor.fetchone() == (0,)
        connection.close()


@pytest.mark.parametrize("process", PROCESSES)
def test_a_process_refuses_certificates_of_another_ca_in_a_sentence_each(site, other_ca, process):
    changes = {"DATABASE_CA_FILE": str(other_ca), "REDIS_CA_FILE": str(other_ca)}
    ended = run(*PROCESSES[process], **site | changes)
    said = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert f"{POSTGRES_REFUSED}: certificate verify failed. Set DATABASE_CA_FILE" in said
    assert f"{REDIS_REFUSED}: " in said
    assert "Set REDIS_CA_FILE" in said


def test_a_process_refuses_certificates_for_another_host(site):
    elsewhere = {
        name: site[name].replace("localhost", "127.0.0.1") for name in ("DATABASE_URL", "REDIS_URL")
    }
    ended = manage("upkeep", **site | elsewhere)
    assert ended.returncode != 0
    assert "does not match host name" in ended.stderr
    assert f"{REDIS_REFUSED}: IP address mismatch" in ended.stderr


def test_without_a_ca_of_its_own_the_machines_cas_decide_about_redis(site):
    ended = manage("upkeep", **site | {"REDIS_CA_FILE": ""})
    assert f"{REDIS_REFUSED}: " in ended.stderr


def test_servers_without_tls_are_refused_where_tls_is_asked_for(site):
    plain = production()
    redis = plain["REDIS_URL"].replace("redis://", "rediss://")
    ended = manage("upkeep", **site | {"DATABASE_URL": plain["DATABASE_URL"]})
    assert ended.returncode != 0
    assert "server does not support SSL, but SSL was required" in ended.stderr
    # A Redis without TLS waits for the end of what it takes for a command.
    said = manage("shell", "--no-imports", f"--command={BROKER}", **site | {"REDIS_URL": redis})
    assert said.stdout.startswith("Redis does not answer.")


def test_healthz_names_the_refused_certificate(site, other_ca):
    changes = site | {"REDIS_CA_FILE": str(other_ca)}
    said = manage("shell", "--no-imports", f"--command={BROKER}", **changes).stdout
    assert said.startswith(f"{REDIS_REFUSED}: ")
    changes = site | {"DATABASE_CA_FILE": str(other_ca)}
    said = manage("shell", "--no-imports", f"--command={DATABASE}", **changes).stdout
    assert "certificate verify failed" in said


def test_the_commands_of_the_guide_make_a_certificate_that_its_ca_has_signed(tmp_path):
    program("openssl")
    done = subprocess.run(
        ["sh", "-ec", documented("tls")], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("server.pem: OK\n")
