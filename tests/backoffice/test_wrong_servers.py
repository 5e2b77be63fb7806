"""No process starts with a server that can never be used; one that is away is no reason."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from backoffice.local.redis import Redis
from tests.support.pgbouncer import pgbouncer
from tests.support.processes import NOBODY_LISTENS, manage
from tests.support.tls import running

CHECK = """
from jobs.engine.wrong_servers import refuse_wrong_servers
refuse_wrong_servers("worker")
print("starts")
"""


OLD_SERVERS = """
from django.db.backends.postgresql.features import DatabaseFeatures
from jobs.engine import broker_fault
DatabaseFeatures.minimum_database_version = broker_fault.LEAST_REDIS = (99, 1)
"""


class ClusterNode(Redis):
    """A Redis of a cluster."""

    def _configuration(self, port: int) -> str:
        return f"{super()._configuration(port)}\ncluster-enabled yes\n"


@pytest.mark.usefixtures("django_db_setup")
def test_a_redis_cluster_is_refused_in_a_sentence(tmp_path):
    with running(ClusterNode(Path(tmp_path), durable=False)) as url:
        ended = manage("upkeep", REDIS_URL=url, FILES_DIR=str(tmp_path))
    assert ended.returncode == 1
    assert "REDIS_URL leads to a Redis Cluster, which is not supported: a queue is" in ended.stderr


@pytest.mark.usefixtures("django_db_setup")
def test_servers_that_are_too_old_are_refused_in_a_sentence_each():
    said = manage("shell", "--no-imports", f"--command={OLD_SERVERS}{CHECK}").stderr
    assert re.search(r"PostgreSQL 99\.1 or later is required \(found \d+\.\d+\)\. Upgrade it", said)
    assert re.search(r"Redis 99\.1 or later is required \(found \d+\.\d+\.\d+\)\. Upgrade it", said)


@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"REDIS_URL": f"redis://{NOBODY_LISTENS}/0"},
        {"REDIS_URL": f"sentinel://{NOBODY_LISTENS},{NOBODY_LISTENS}/0"},
        {"DATABASE_URL": f"postgres://{NOBODY_LISTENS}/gone"},
    ],
    ids=["all", "redis", "sentinel", "postgres"],
)
def test_a_process_starts_while_a_server_is_away(changes):
    assert manage("shell", "--no-imports", f"--command={CHECK}", **changes).stdout == "starts\n"


@pytest.mark.usefixtures("django_db_setup")
@pytest.mark.parametrize("pool_mode", ["session", "transaction", "statement"])
def test_a_pooler_that_does_not_keep_sessions_is_refused_in_a_sentence(tmp_path, pool_mode):
    with pgbouncer(tmp_path, settings.DATABASES["default"], pool_mode) as pooler:
        done = manage("shell", "--no-imports", f"--command={CHECK}", DATABASE_URL=pooler.url)
    if pool_mode == "session":
        assert done.stdout == "starts\n", done.stderr
    else:
        assert "Set pool_mode = session there, because limits and locks" in done.stderr


@pytest.mark.usefixtures("django_db_setup")
def test_a_connection_through_a_pooler_in_session_mode_has_its_limits(tmp_path):
    show = (
        "from django.db import connections; cursor = connections['worker'].cursor();"
        "cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])"
    )
    with pgbouncer(tmp_path, settings.DATABASES["default"]) as pooler:
        done = manage("shell", "--no-imports", f"--command={show}", DATABASE_URL=pooler.url)
    assert done.stdout == "15s\n", done.stderr
