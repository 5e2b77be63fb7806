"""Connections keep their limits behind a pooler, and leave a standby for a primary."""

import pytest
from django.conf import settings
from django.db import connection, connections

from jobs.engine.worker.sessions import is_plain
from tests.support.poolers import pooler
from tests.support.processes import NOBODY_LISTENS, manage, run

SHOW = """
import django, backoffice.wsgi
django.setup()
from django.db import connections
for alias in ["default", "worker"]:
    with connections[alias].cursor() as cursor:
        cursor.execute('''SELECT current_setting('statement_timeout'),
            current_setting('lock_timeout'),
            current_setting('idle_in_transaction_session_timeout'),
            current_setting('random_page_cost')''')
        print(*cursor.fetchone())
"""


def server():
    here = settings.DATABASES["default"]
    return here["HOST"], int(here["PORT"])


def url(*hosts: str) -> str:
    here = settings.DATABASES["default"]
    return f"postgres://{here['USER']}:{here['PASSWORD']}@{','.join(hosts)}/{here['NAME']}"


@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize("refuses", [False, True], ids=["drops", "refuses"])
def test_limits_hold_behind_a_pooler_that_knows_no_options(refuses):
    with pooler(server(), refuses=refuses) as port:
        done = run(
            "python",
            "-c",
            SHOW,
            DJANGO_SETTINGS_MODULE="backoffice.settings",
            DATABASE_URL=url(f"127.0.0.1:{port}"),
        )
    assert done.stdout.splitlines() == ["15s 5s 30s 1.1"] * 2, done.stderr


@pytest.mark.usefixtures("django_db_setup")
def test_what_a_pooler_refuses_is_in_the_error():
    with pooler(server(), refuses=True) as port:
        done = manage(
            "submit_job",
            "x",
            DATABASE_URL=f"{url(f'127.0.0.1:{port}')}?options=-c%20search_path%3Dpublic",
        )
    assert done.returncode == 75
    assert "Nothing was accepted." in done.stderr
    assert "unsupported startup parameter: options" in done.stderr


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
@pytest.mark.parametrize("alias", ["default", "worker"])
def test_a_limit_that_postgresql_does_not_know_leaves_no_connection_without_limits(alias, settings):
    database = connections[alias]
    database.close()
    before = database.settings_dict
    session = before["OPTIONS"]["session"] | {"no_such_limit": "1s"}
    database.settings_dict = before | {"OPTIONS": before["OPTIONS"] | {"session": session}}
    try:
        for _ in range(2):
            with pytest.raises(Exception, match="no_such_limit"):
                database.cursor()
        assert database.connection is None
    finally:
        database.settings_dict = before


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_takes_no_writes_is_left_before_the_next_request():
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    stays = connection.connection
    connection.close_if_unusable_or_obsolete()  # as Django does between requests
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("off",)
    assert connection.connection is not stays


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
@pytest.mark.parametrize(
    "loss", ["RESET ALL", "SET statement_timeout = 0", "SET lock_timeout = '1h'"]
)
def test_a_connection_that_lost_its_limits_is_replaced_before_the_next_request(loss):
    worker = connections["worker"]
    with worker.cursor() as cursor:
        cursor.execute(loss)
    worker.close_if_unusable_or_obsolete()
    with worker.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
        )
        assert cursor.fetchone() == ("15s", "5s")
    stays = worker.connection
    worker.close_if_unusable_or_obsolete()
    with worker.cursor():
        assert worker.connection is stays, "with its limits it is kept"


@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize("entry", ["backoffice.wsgi", "backoffice.celery"], ids=["web", "worker"])
@pytest.mark.parametrize("place", [0, 1], ids=["first", "last"])
def test_of_several_hosts_the_one_that_takes_writes_is_used(place, entry):
    hosts = [NOBODY_LISTENS, NOBODY_LISTENS]
    hosts[place] = "{}:{}".format(*server())
    program = SHOW.replace("backoffice.wsgi", entry).replace(
        "SELECT current_setting('statement_timeout')", "SELECT inet_server_port()"
    )
    done = run(
        "python",
        "-c",
        program,
        DJANGO_SETTINGS_MODULE="backoffice.settings",
        DATABASE_URL=url(*hosts),
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == [str(server()[1])] * 2, (
        done.stderr
    )


@pytest.mark.django_db(transaction=True)
def test_where_no_host_takes_writes_each_is_named_with_its_reason():
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        done = manage(
            "submit_job", "x", DATABASE_URL=url("{}:{}".format(*server()), NOBODY_LISTENS)
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert done.returncode == 75
    assert "session is read-only" in done.stderr
    assert "Connection refused" in done.stderr


def test_the_question_whether_a_connection_is_usable_counts_as_no_change_of_a_handlers_session():
    settings = {
        "transaction_read_only": "off",
        **connections["worker"].settings_dict["OPTIONS"]["session"],
    }
    assert is_plain(f"SELECT {', '.join('current_setting(%s)' for _ in settings)}")
