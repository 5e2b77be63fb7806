"""The settings of PgBouncer in the guide run, with TLS on both sides."""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from backoffice.local.home import DEFAULT, reachable
from backoffice.local.processes import free_port
from tests.support.operations import documented
from tests.support.pgbouncer import PgBouncer, started_pooler
from tests.support.processes import manage
from tests.support.tls import Authority, TlsPostgres, running

BLOCK = documented("pgbouncer")
SHOW = (
    "from django.db import connections; cursor = connections['{}'].cursor();"
    "cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0]);"
    "cursor.execute('SELECT ssl, application_name FROM pg_stat_ssl JOIN pg_stat_activity'"
    "' USING (pid) WHERE pid = pg_backend_pid()'); print(*cursor.fetchone())"
)


@pytest.fixture
def place():
    with TemporaryDirectory(dir=reachable(DEFAULT), prefix="tests-") as directory:
        Path(directory).chmod(0o711)  # for the account of the servers
        yield Path(directory)


def configured(place: Path, server: TlsPostgres, port: int) -> str:
    """The block of the guide with the places of this machine."""
    (place / "userlist.txt").write_text(f'"postgres" "{server.password}"\n')
    (place / "userlist.txt").chmod(0o644)
    text = BLOCK.replace("host=db.example.com port=5432", f"host=localhost port={server.port}")
    text = text.replace("dbname=backoffice", "dbname=postgres")
    text = text.replace("listen_port = 6432", f"listen_port = {port}")
    files = {"pgbouncer.pem": "server.pem", "pgbouncer.key": "server.key"}
    for name in re.findall(r"/etc/pgbouncer/(\S+)", BLOCK):
        text = text.replace(f"/etc/pgbouncer/{name}", str(place / files.get(name, name)))
    return text


def test_the_pgbouncer_of_the_guide_leads_to_postgresql_with_limits_and_names(tmp_path, place):
    ours = Authority(tmp_path / "ca")
    server = TlsPostgres(place, *ours.certify("localhost"))
    shutil.copy(ours.ca_file, place / "ca.pem")
    (place / "ca.pem").chmod(0o644)
    port = free_port()
    with running(server):
        url = f"postgres://postgres@localhost:{port}/backoffice"
        with started_pooler(PgBouncer(place, configured(place, server, port), url)):
            changes = {
                "DATABASE_URL": url,
                "DATABASE_PASSWORD": server.password,
                "DATABASE_CA_FILE": str(ours.ca_file),
            }
            command = f"--command={SHOW.format('worker')}"
            done = manage("shell", "--no-imports", command, **changes)
    assert done.returncode == 0, done.stderr
    limit, tls = done.stdout.splitlines()
    assert limit == "15s"
    assert tls.startswith("True backoffice manage shell - 127.0.0.1:")


def test_its_pool_has_room_for_the_processes_that_the_guide_counts():
    size, clients = (
        int(re.search(rf"{name} = (\d+)", BLOCK)[1])
        for name in ("default_pool_size", "max_client_conn")
    )
    assert size >= 2 * 8 + 6 * 7 + 1
    assert clients >= size
