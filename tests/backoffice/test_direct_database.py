"""DATABASE_DIRECT_URL: who uses it, what it takes from DATABASE_URL, and when it is refused."""

import sys

import pytest
from django.conf import settings

from tests.support.databases import new_database
from tests.support.pgbouncer import pgbouncer
from tests.support.processes import NOBODY_LISTENS, manage, production, run

SHOW = """
import sys
sys.argv = {argv}
from backoffice.settings import DATABASES
for alias, one in DATABASES.items():
    options = one["OPTIONS"]
    print(alias, one["HOST"], one["PORT"] or "-", one["USER"], one["PASSWORD"] or "-",
          options.get("sslmode", "-"), options.get("sslrootcert", "-"))
"""


def databases(*argv: str, **changes: str) -> dict[str, list[str]]:
    """By alias: host, port, user, password, sslmode and CA of a process with these arguments."""
    done = run(sys.executable, "-c", SHOW.format(argv=list(argv)), **changes)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    return {alias: rest for alias, *rest in lines}


@pytest.mark.parametrize(
    ("argv", "host", "aliases"),
    [
        (["manage.py", "upkeep"], "direct", ["default", "worker", "pooled"]),
        (["manage.py", "migrate", "jobs"], "direct", ["default", "worker", "pooled"]),
        (["manage.py", "submit_job"], "pooler", ["default", "worker"]),
        (["gunicorn"], "pooler", ["default", "worker"]),
        (["celery", "--app=backoffice", "worker"], "pooler", ["default", "worker"]),
    ],
)
def test_upkeep_and_migrate_connect_past_the_pooler(argv, host, aliases):
    urls = {
        "DATABASE_URL": "postgres://u:p@pooler/n",
        "DATABASE_DIRECT_URL": "postgres://u@direct/n",
    }
    found = databases(*argv, **urls)
    assert list(found) == aliases
    assert {found[alias][0] for alias in ("default", "worker")} == {host}
    assert found.get("pooled", ["pooler"])[0] == "pooler"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"DATABASE_DIRECT_URL": "postgres://u@[::1]:6000/n"}, "::1 6000 u p"),
        ({"DATABASE_DIRECT_URL": "postgres://u@a,[::1]:6000/n"}, "a,::1 5432,6000 u p"),
        ({"DATABASE_DIRECT_URL": "postgres://u:own@a/n"}, "a - u own"),
        ({"DATABASE_DIRECT_URL": "postgres://owner@a/n"}, "a - owner -"),
        ({"DATABASE_DIRECT_PASSWORD": "p#s,w@rd"}, "a - owner p#s,w@rd"),
        ({"DATABASE_DIRECT_PASSWORD_FILE": "secret"}, "a - owner secret"),
    ],
    ids=["ipv6", "hosts", "own password", "other account", "password", "file"],
)
def test_its_password_is_its_own_or_that_of_the_same_account(changes, expected, tmp_path):
    (tmp_path / "secret").write_text("secret\n")
    given = {
        "DATABASE_URL": "postgres://u:p@pooler/n",
        "DATABASE_DIRECT_URL": "postgres://owner@a/n",
    }
    files = {name: str(tmp_path / one) for name, one in changes.items() if name.endswith("_FILE")}
    found = databases("manage.py", "upkeep", **given | changes | files)
    assert found["default"][:4] == expected.split()
    assert found["worker"] == found["default"]


def test_its_file_of_cas_is_its_own_or_the_other(tmp_path):
    for name in ("pooler.pem", "direct.pem"):
        (tmp_path / name).write_text("a CA")
    given = {
        "DATABASE_URL": "postgres://u@pooler/n",
        "DATABASE_CA_FILE": str(tmp_path / "pooler.pem"),
        "DATABASE_DIRECT_URL": "postgres://u@direct/n",
    }
    own = {"DATABASE_DIRECT_CA_FILE": str(tmp_path / "direct.pem")}
    inherited = databases("manage.py", "upkeep", **given)["default"]
    assert inherited[4:] == ["verify-full", given["DATABASE_CA_FILE"]]
    found = databases("manage.py", "upkeep", **given | own)
    assert found["default"][4:] == ["verify-full", own["DATABASE_DIRECT_CA_FILE"]]
    assert found["pooled"][4:] == ["verify-full", given["DATABASE_CA_FILE"]]


@pytest.mark.parametrize("process", ["check", "upkeep"])
def test_every_process_names_what_is_wrong_in_the_url(process):
    done = manage(process, DATABASE_DIRECT_URL="postgres://u:s3cret#1@db/name")
    assert done.returncode == 1
    assert "DATABASE_DIRECT_URL='postgres://***@db/name' has a port" in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize("command", ["upkeep", "migrate"])
def test_another_database_is_refused_in_a_sentence(command):
    with new_database() as url:
        done = manage(command, DATABASE_DIRECT_URL=url)
    assert done.returncode == 1
    name = url.rpartition("/")[2]
    assert f"DATABASE_DIRECT_URL leads to the database {name} of server " in done.stderr
    here = settings.DATABASES["default"]["NAME"]
    assert f"and DATABASE_URL to {here} of server " in done.stderr


@pytest.mark.usefixtures("django_db_setup")
def test_migrate_runs_while_the_pooler_is_away():
    direct = production()["DATABASE_URL"]
    gone = f"postgres://{NOBODY_LISTENS}/gone"
    done = manage("migrate", "--verbosity=0", DATABASE_URL=gone, DATABASE_DIRECT_URL=direct)
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("django_db_setup")
def test_the_same_database_through_a_pooler_is_accepted_and_a_second_pooler_is_refused(tmp_path):
    check = (
        "import sys; sys.argv = ['manage.py', 'upkeep']; import django; django.setup();"
        "from jobs.engine.wrong_servers import refuse_wrong_servers as check;"
        "check('worker'); print('starts')"
    )
    direct = production()["DATABASE_URL"]
    with pgbouncer(tmp_path, settings.DATABASES["default"], "transaction") as pooler:
        urls = {"DATABASE_URL": pooler.url, "DATABASE_DIRECT_URL": direct}
        both = [urls, {"DATABASE_URL": direct, "DATABASE_DIRECT_URL": pooler.url}]
        settled = {"DJANGO_SETTINGS_MODULE": "backoffice.settings"}
        right, wrong = (run(sys.executable, "-c", check, **settled | one) for one in both)
    assert right.stdout == "starts\n", right.stderr
    assert "DATABASE_DIRECT_URL leads through a pooler that gives each" in wrong.stderr
