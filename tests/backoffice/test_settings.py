"""A half-configured process does not start, and names the variable, its value and the fix."""

import pytest
from django.conf import settings

from tests.support.processes import manage, run

HIDDEN = "s3cret"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set. Make one: python3 -c"),
        ("SECRET_KEY", "change-me", "SECRET_KEY is a sample that anyone can look up."),
        ("SECRET_KEY", "django-insecure-" + "abcdefgh" * 6, "SECRET_KEY is a sample"),
        (
            "SECRET_KEY",
            "ab" * 30,
            "SECRET_KEY has 60 characters, 2 of them different: easy to guess.",
        ),
        ("SECRET_KEY", HIDDEN * 5, "SECRET_KEY has 30 characters,"),
        (
            "SECRET_KEY_FILE",
            "/nowhere",
            "SECRET_KEY_FILE='/nowhere' cannot be read (No such file or directory).",
        ),
        (
            "DEBUG",
            "true",
            "DEBUG=true would show settings and SQL to visitors of backoffice.example.com.",
        ),
        ("DEBUG", "ture", "DEBUG='ture' is neither true nor false. Set it to true or false."),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS is not set. List this site's names"),
        ("ALLOWED_HOSTS", "a.example.com, *", "ALLOWED_HOSTS='*' lets anyone choose the host."),
        (
            "ALLOWED_HOSTS",
            "https://example.com",
            "ALLOWED_HOSTS='https://example.com' is not a host name",
        ),
        ("ALLOWED_HOSTS", ",", "ALLOWED_HOSTS='' is not a host name alone."),
        (
            "ALLOWED_HOSTS",
            "example.com:8000",
            "ALLOWED_HOSTS='example.com:8000' is not a host name alone.",
        ),
        ("HTTPS", "on", "HTTPS='on' is neither true nor false."),
        (
            "TRUSTED_PROXY_COUNT",
            "-1",
            "TRUSTED_PROXY_COUNT='-1' is not a number of 0 or more. Try 0.",
        ),
        ("WEB_THREADS", "1", "WEB_THREADS='1' is not a number of 2 or more."),
        (
            "DATABASE_URL",
            "",
            "DATABASE_URL is not set. Write it as postgres://user:password@host/name.",
        ),
        (
            "DATABASE_URL",
            f"postgres://u:{HIDDEN}#1@db/name",
            "DATABASE_URL='postgres://***@db/name'",
        ),
        ("DATABASE_URL", f"postgres://u:1{HIDDEN}/x@db/name", "in a password # is %23, / is %2F"),
        ("DATABASE_URL", f"postgres://u:{HIDDEN}%@db/name", "holds an unescaped %."),
        ("DATABASE_URL", f"mysql://u:{HIDDEN}@db/name", "does not begin with postgres://."),
        ("DATABASE_URL", f"postgres://u:{HIDDEN}@db:port/name", "has a port that is not a number"),
        (
            "DATABASE_URL",
            f"postgres://u:{HIDDEN}@/name",
            "DATABASE_URL='postgres://***@/name' names no host.",
        ),
        (
            "DATABASE_URL",
            f"postgres://u:{HIDDEN}@db",
            "DATABASE_URL='postgres://***@db' names no database.",
        ),
        (
            "DATABASE_URL",
            f"postgres://u:{HIDDEN}/name",
            "DATABASE_URL='postgres://u:***' has a port",
        ),
        (
            "DATABASE_URL",
            f"postgres://u:{HIDDEN}@a:1,b:x/n",
            "DATABASE_URL='postgres://***@a:1,b:x/n' has a port",
        ),
        (
            "DATABASE_URL",
            f"postgres://u:{HIDDEN}@a,/n",
            "DATABASE_URL='postgres://***@a,/n' names no host.",
        ),
        (
            "REDIS_URL",
            f"redis://:{HIDDEN}@a,b/0",
            "REDIS_URL='redis://***@a,b/0' names several hosts.",
        ),
        ("REDIS_URL", "", "REDIS_URL is not set."),
        ("REDIS_URL", f"redis://:{HIDDEN}#@redis/0", "REDIS_URL='redis://***@redis/0'"),
        ("FILES_DIR", "", "FILES_DIR is not set. Set it to a directory's full path."),
        (
            "FILES_ACCEL_PREFIX",
            "job-files",
            "FILES_ACCEL_PREFIX='job-files' is not a path with a slash",
        ),
        ("PATH_PREFIX", "/backoffice", "PATH_PREFIX='/backoffice' is not a path with a slash"),
        ("PATH_PREFIX", "/../", "PATH_PREFIX='/../' is not a path with a slash"),
        ("PATH_PREFIX", "/api/", "PATH_PREFIX='/api/' begins as an address of the site itself"),
        ("FILES_ACCEL_PREFIX", "/", "FILES_ACCEL_PREFIX='/' is not a path with a slash"),
        ("FILES_DIR", "files", "FILES_DIR='files' depends on where a process is started."),
        (
            "UPLOAD_LIMIT_BYTES",
            "1GB",
            "UPLOAD_LIMIT_BYTES='1GB' is not a number of 1 or more. Try 1073741824.",
        ),
        (
            "UPLOAD_UNUSED_LIMIT_BYTES",
            "5",
            "UPLOAD_UNUSED_LIMIT_BYTES='5' is not a number of 1073741824 or more.",
        ),
        (
            "UPLOAD_REFUSED_KINDS",
            ".exe, html",
            "UPLOAD_REFUSED_KINDS='html' is no extension and no media type. List kinds such as",
        ),
        ("UPLOAD_SCANNER", "scan", "UPLOAD_SCANNER='scan' is not one function."),
        ("UPLOAD_SCANNER", "nowhere.scan", "is not installed: Python finds no package nowhere."),
        ("UPLOAD_SCANNER", "jobs.checks.nothing", "UPLOAD_SCANNER is 'jobs.checks.nothing', which"),
        (
            "TIME_ZONE",
            "Mars",
            "TIME_ZONE='Mars' is not a time zone. Set one, such as Europe/Berlin.",
        ),
        ("LOG_LEVEL", "loud", "LOG_LEVEL='LOUD' is not a log level."),
        (
            "JOBS_LEASE_SECONDS",
            "soon",
            "JOBS_LEASE_SECONDS='soon' is not a number of seconds. Try 60.",
        ),
        (
            "JOBS_HEARTBEAT_SECONDS",
            "30",
            "JOBS_HEARTBEAT_SECONDS='30' is not a number of seconds of at most 20.",
        ),
    ],
)
def test_a_half_configured_start_is_refused_with_variable_value_and_fix(variable, value, sentence):
    done = manage("check", **{variable: value})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert HIDDEN not in done.stderr


@pytest.mark.parametrize(
    ("hosts", "host", "port", "session"),
    [
        ("a", "a", "", None),
        ("a,b", "a,b", "5432,5432", "read-write"),
        ("a,b:6000", "a,b", "5432,6000", "read-write"),
        ("[::1]:6000,b", "::1,b", "6000,5432", "read-write"),
        ("a,[::1]:6000", "a,::1", "5432,6000", "read-write"),
        ("a,b/n?target_session_attrs=any", "a,b", "5432,5432", "any"),
    ],
)
def test_a_database_url_may_name_several_hosts(hosts, host, port, session):
    show = (
        "from django.conf import settings; one = settings.DATABASES['worker'];"
        "attrs = one['OPTIONS'].get('target_session_attrs');"
        "print([one['HOST'], str(one['PORT']), attrs, one['PASSWORD']])"
    )
    env = {
        "DATABASE_URL": f"postgres://u@{hosts}" + ("" if "/" in hosts else "/n"),
        "DATABASE_PASSWORD": "p#s,w@rd",
    }
    done = manage("shell", "--no-imports", f"--command={show}", **env)
    assert done.stdout.strip() == str([host, port, session, "p#s,w@rd"]), done.stderr


def test_a_start_without_any_environment_names_all_that_is_missing():
    required = ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "FILES_DIR", "REDIS_URL"]
    done = manage("check", **dict.fromkeys(required, ""))
    assert done.returncode == 1
    missing = [line for line in done.stderr.splitlines() if "is not set" in line]
    assert [line.split()[0] for line in missing] == required


def test_debug_is_allowed_on_this_machine_alone():
    assert manage("check", DEBUG="true", ALLOWED_HOSTS="localhost,127.0.0.1").returncode == 0


def test_a_production_environment_passes_djangos_deployment_checks():
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_a_secret_file_may_end_with_a_newline(tmp_path):
    (tmp_path / "password").write_text("p#s/w?rd%\n")
    show = (
        "from django.conf import settings as s;"
        "print(s.DATABASES['default']['PASSWORD'], s.JOBS_REDIS_URL)"
    )
    env = {
        "DATABASE_URL": "postgres://user@db/name",
        "DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
        "REDIS_URL": "redis://redis:6379/0",
        "REDIS_PASSWORD_FILE": str(tmp_path / "password"),
    }
    done = manage("shell", "--no-imports", f"--command={show}", **env)
    expected = ["p#s/w?rd%", "redis://:p%23s%2Fw%3Frd%25@redis:6379/0"]
    assert done.stdout.split() == expected, done.stderr


def test_each_celery_setting_is_one_that_celery_knows():
    show = (
        "from celery.app.defaults import DEFAULTS;"
        "from jobs.engine.celery_settings import SITE_CHOICES, SETTINGS;"
        "print([name for name in [*SITE_CHOICES, *SETTINGS] if name not in DEFAULTS])"
    )
    done = manage("shell", "--no-imports", f"--command={show}")
    # Celery reads this one past its own list, in its fixup for Django.
    assert done.stdout.strip() == "['CELERY_DB_REUSE_MAX']", done.stderr


SHOW = """
import django, {entry}
django.setup()
from django.db import connections
for alias in ["default", "worker"]:
    with connections[alias].cursor() as cursor:
        cursor.execute('''SELECT current_setting('statement_timeout'),
            current_setting('lock_timeout'), current_setting('random_page_cost')''')
        print(*cursor.fetchone())
"""


@pytest.mark.parametrize(
    ("entry", "default"),
    [("backoffice.wsgi", "15s 5s 1.1"), ("backoffice.celery", "0 0 1.1")],
    ids=["web", "worker"],
)
@pytest.mark.usefixtures("django_db_setup")
def test_only_a_handler_may_take_its_time_in_the_database(entry, default):
    done = run(
        "python", "-c", SHOW.format(entry=entry), DJANGO_SETTINGS_MODULE="backoffice.settings"
    )
    assert done.stdout.splitlines() == [default, "15s 5s 1.1"], done.stderr


def test_transactions_stay_short_for_requests_are_not_wrapped_in_one():
    assert not any(database["ATOMIC_REQUESTS"] for database in settings.DATABASES.values())
