"""PostgreSQL and Redis as child processes: started, shared, killed, and found again."""

import json
import os
import shutil
import signal
import subprocess
from urllib.parse import urlsplit

import psycopg2
import pytest
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from backoffice.local import binaries, postgres, redis, servers
from backoffice.local.processes import free_port, is_running, spawn, stop_process
from tests.support.polling import wait_until


def ask(url, query):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(query)
        answer = cursor.fetchone()[0] if cursor.description else None
    connection.close()
    return answer


def answers(urls) -> bool:
    with Redis.from_url(urls["REDIS_URL"]) as client:
        return client.ping() and ask(urls["DATABASE_URL"], "SELECT 1") == 1


def test_both_servers_start_are_kept_over_a_restart_and_stop_cleanly(empty_home):
    with servers.running_servers(empty_home, {}) as running:
        ask(running.urls["DATABASE_URL"], "CREATE TABLE kept AS SELECT lower('É') AS letter")
        with Redis.from_url(running.urls["REDIS_URL"]) as client:
            client.set("kept", "é")
    with servers.running_servers(empty_home, {}) as running:
        assert ask(running.urls["DATABASE_URL"], "SELECT letter FROM kept") == "é"
        with Redis.from_url(running.urls["REDIS_URL"]) as client:
            assert client.get("kept") == "é".encode()
    assert "was not properly shut down" not in (empty_home / "postgres.log").read_text()
    assert not (empty_home / "servers.json").exists()


def test_nobody_gets_in_without_the_password(home):
    with servers.running_servers(home, {}, durable=False) as running:
        database, broker = (urlsplit(running.urls[name]) for name in ("DATABASE_URL", "REDIS_URL"))
        with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
            psycopg2.connect(
                host="127.0.0.1", port=database.port, user="postgres", password="postgres"
            )
        process = running.started["REDIS_URL"].process
        assert broker.password not in subprocess.check_output(
            ["ps", "-ww", "-o", "args", "-p", str(process.pid)], text=True
        )
        with (
            Redis(port=broker.port, retry=Retry(NoBackoff(), 0)) as client,
            pytest.raises(RedisError, match="authenticat"),
        ):
            client.ping()
    for file in (*home.glob("*.password"), *home.glob("*.json")):
        assert file.stat().st_mode & 0o077 == 0, file


def test_only_the_server_without_a_url_is_started(home):
    given = {"DATABASE_URL": os.environ["DATABASE_URL"]}
    with servers.running_servers(home, given, durable=False) as running:
        assert list(running.started) == ["REDIS_URL"]
        assert running.urls["DATABASE_URL"] == given["DATABASE_URL"]
        assert answers(running.urls)


def test_a_second_process_uses_the_servers_of_the_first_and_leaves_them_running(home, hold):
    first, second = hold(home), hold(home)  # at once: one of them gets to start them
    assert first.said()["urls"] == second.said()["urls"]
    (owner,) = [holder for holder in (first, second) if holder.said()["pids"]]
    (guest,) = {first, second} - {owner}
    assert guest.stop() == 0
    assert answers(owner.said()["urls"])


def test_the_servers_are_kept_for_those_who_still_use_them(home, hold):
    owner = hold(home)
    owner.said()
    guest = hold(home)
    urls = guest.said()["urls"]
    owner.process.stdin.close()
    wait_until(lambda: not (home / "servers.json").exists())  # it would stop them now
    assert answers(urls)
    assert guest.stop() == 0
    assert owner.process.wait(30) == 0


def test_killing_the_supervisor_leaves_no_server_and_the_next_one_starts(home, hold):
    killed = hold(home)
    pids = killed.said()["pids"].values()
    killed.kill()
    restarted = hold(home)
    assert answers(restarted.said()["urls"])
    assert not set(pids) & set(restarted.said()["pids"].values())
    assert not any(is_running(pid) for pid in pids)


def test_killing_everything_at_once_loses_no_commit(home, hold):
    killed = hold(home)
    ask(killed.said()["urls"]["DATABASE_URL"], "CREATE TABLE kept AS SELECT 7 AS number")
    for pid in killed.said()["pids"].values():
        os.kill(pid, signal.SIGKILL)
    killed.kill()
    assert ask(hold(home).said()["urls"]["DATABASE_URL"], "SELECT number FROM kept") == 7


def test_an_orphan_that_outlived_its_supervisor_is_stopped(home):
    """Behave as on macOS, where children are not signalled at their parent's death."""
    orphans = [postgres.Postgres(home, durable=False), redis.Redis(home, durable=False)]
    for orphan in orphans:
        orphan.start()
    with servers.running_servers(home, {}, durable=False) as running:
        assert [orphan.process.wait(1) for orphan in orphans] == [0, 0]
        assert answers(running.urls)


def test_a_stale_pid_file_that_names_a_live_stranger_does_no_harm(home, hold):
    killed = hold(home)
    os.kill(killed.said()["pids"]["DATABASE_URL"], signal.SIGKILL)
    killed.kill()
    stranger = spawn(["sleep", "300"], dying=signal.SIGKILL)
    (data,) = home.glob("postgres-*/postmaster.pid")
    lines = data.read_text().splitlines()
    data.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
    (home / "redis" / "pid").write_text(f"{stranger.pid} 127.0.0.1:1")
    with servers.running_servers(home, {}, durable=False) as running:
        assert answers(running.urls)
    assert stranger.poll() is None
    stop_process(stranger, signal.SIGKILL, 1)


def test_an_interrupted_initdb_is_done_again(empty_home):
    server = postgres.Postgres(empty_home, durable=False)
    server.data.mkdir()
    (server.data / "PG_VERSION").write_text("18\n")
    assert ask(server.start(), "SELECT 1") == 1
    server.stop()


@pytest.mark.parametrize("module", [postgres, redis])
def test_a_port_that_was_taken_in_the_meantime_is_replaced_by_another(home, module, monkeypatch):
    taken = int(urlsplit(os.environ["REDIS_URL"]).port)
    ports = [taken, taken, free_port()]
    monkeypatch.setattr(module, "free_port", lambda: ports.pop(0))
    server = (postgres.Postgres if module is postgres else redis.Redis)(home, durable=False)
    server.start()
    assert server.port != taken
    server.stop()


def test_a_started_again_server_keeps_its_address(home):
    with servers.running_servers(home, {}) as running:
        for variable, server in running.started.items():
            server.process.kill()
            server.process.wait()
            assert server.start() == running.urls[variable]
        wait_until(lambda: answers(running.urls))


def test_neither_locale_nor_variables_of_the_user_reach_the_servers(home, hold):
    odd = os.environ | {
        "LC_ALL": "tr_TR.ISO-8859-9",
        "LANG": "xx",
        "PGPORT": "1",
        "PGDATA": "/x",
        "TZ": "Asia/Tokyo",
    }
    url = hold(home, env=odd).said()["urls"]["DATABASE_URL"]
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SELECT lower('I')") == "i"
    assert ask(url, "SHOW timezone") == "UTC"


def test_without_fitting_wheels_the_servers_on_the_path_serve(monkeypatch, home):
    monkeypatch.setattr(binaries, "POSTGRES", ())
    monkeypatch.setattr(binaries, "REDIS", ())
    for name in ("postgres", "redis-server"):
        (home / name).write_text("#!/bin/sh\necho 1.0\n")
        (home / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(home), prepend=os.pathsep)
    assert binaries.postgres() == home / "postgres"
    assert binaries.redis() == home / "redis-server"


def test_without_any_server_the_error_names_the_variable(monkeypatch):
    monkeypatch.setattr(binaries, "REDIS", ())
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(servers.CannotRun, match="set REDIS_URL"):
        binaries.redis()


def test_a_user_id_without_a_name_is_told_what_to_do():
    """initdb looks up the user's name; under root it is that of PostgreSQL's account."""
    said = "initdb: error: could not look up effective user ID 4711: user does not exist"
    assert "run as a named user" in postgres._hint(said)


def test_the_state_file_names_its_owner(home, hold):
    holder = hold(home)
    holder.said()
    assert json.loads((home / "servers.json").read_text())["pid"] == holder.process.pid
