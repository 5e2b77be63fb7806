"""Connections to PostgreSQL that stop answering are closed, and their threads work again."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.support.processes import serving

HERE = {
    "ALLOWED_HOSTS": "127.0.0.1",
    "HTTPS": "false",
    "TRUSTED_PROXY_COUNT": "0",
    "WEB_THREADS": "4",
}
JOBS = "/api/v1/jobs/"
OTHERS = (
    "SELECT pid FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def backends():
    """The other sessions of this test's database."""
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return [pid for (pid,) in cursor.fetchall()]


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_connections_that_stop_answering_are_replaced(client, tmp_path):
    headers = {"Host": "127.0.0.1", "Authorization": f"Token {client.token}"}
    with serving(tmp_path, **HERE) as site, ThreadPoolExecutor(4) as pool:

        def ask(_):
            return site.ask(JOBS, **headers)

        list(pool.map(ask, range(8)))
        silent = backends()
        assert silent
        for pid in silent:
            os.kill(pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            answers = list(pool.map(ask, range(len(silent))))
        finally:
            for pid in silent:
                os.kill(pid, signal.SIGCONT)
        # Each request checks its own connection, closes it, and opens another one.
        assert 15 < time.monotonic() - started < 30, "17 s, and once alone"
        assert {one.status for one in answers} == {200}
