"""A whole Backoffice of the fault suite: servers of its own, and processes to be killed."""

import contextlib
import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import redis

from backoffice.local import programs, servers
from backoffice.local.home import PROJECT
from backoffice.local.postgres import Postgres
from backoffice.local.processes import run_command
from backoffice.local.programs import Program
from backoffice.local.redis import Redis
from backoffice.local.stack import STAFF_USER
from tests.faults.client import Client

# Shorter than in production, lest a run take hours; FAULTS_LEASE_SECONDS=60 is as there.
LEASE_SECONDS = float(os.environ.get("FAULTS_LEASE_SECONDS", "3"))
HEARTBEAT_SECONDS = LEASE_SECONDS / 6
# What is promised for 60 s; under a short lease starting and noticing count for more, hence the 3
# s.
RESCUED_WITHIN = min(120.0, 2 * LEASE_SECONDS + 3)
REPUBLISHED_WITHIN = min(45.0, 4.5 * HEARTBEAT_SECONDS + 3)
SILENCE_SEEN_WITHIN = min(60.0, LEASE_SECONDS + 3)
# Where the handlers of tests/faults/effects.py note each run.
EFFECTS = """CREATE TABLE IF NOT EXISTS effect (job_id uuid, attempt int, pid int,
    at timestamptz DEFAULT clock_timestamp())"""
TABLES = """jobs_job, jobs_jobevent, jobs_joblog, jobs_jobfile, jobs_worker, jobs_hold,
    jobs_sitelimit, effect,
    django_celery_results_taskresult"""


class Stack:
    """Servers and processes; `heal` stops and repairs what a test started or broke."""

    def __init__(self, home: Path, found: servers.Servers, settings: str, **env: str) -> None:
        self.home = home
        postgres, broker = found.started["DATABASE_URL"], found.started["REDIS_URL"]
        assert isinstance(postgres, Postgres)
        assert isinstance(broker, Redis)
        self.postgres, self.broker = postgres, broker
        self.urls = found.urls
        self.env = programs.environment(home, found) | {
            "DJANGO_SETTINGS_MODULE": settings,
            "JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
            "JOBS_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
            "WEB_PROCESSES": "1",
            **env,
        }
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        status, printed = run_command(
            [*programs.MANAGE, "prepare", STAFF_USER, str(home)], cwd=PROJECT, env=self.env
        )
        assert status == 0, printed
        self.sql(EFFECTS)
        self._programs: list[Program] = []
        self.web = self._web(FAULTS_FAIL_POINT="1")
        self.client = self.new_client()
        self._start_web()

    def new_client(self) -> Client:
        """Another external system."""
        address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        return Client(address, (self.home / "token").read_text())

    def _web(self, **env: str) -> Program:
        return programs.web({**self.env, **env}, self.home, self.listener)

    def another_web(self, **env: str) -> Program:
        """Start a second web server on the same socket, as a rolling deploy does."""
        return self.start(self._web(**env))

    def _start_web(self) -> None:
        self.web.start()
        wait_until(lambda: self.client.ask("GET", "/livez").status == 200, 60)

    def worker(self, concurrency: int = 2, *, number: int = 1, **env: str) -> Program:
        """Start a worker, and wait until it consumes."""
        return self._consuming(programs.worker(number, concurrency, {**self.env, **env}, self.home))

    def maintenance(self) -> Program:
        """Start the worker of bulk actions, and wait until it consumes."""
        return self._consuming(programs.maintenance(self.env, self.home))

    def _consuming(self, program: Program) -> Program:
        before = self.sql("SELECT count(*) FROM jobs_worker")[0][0]
        self.start(program)
        wait_until(lambda: self.sql("SELECT count(*) FROM jobs_worker")[0][0] > before, 60)
        return program

    def upkeep(self, **env: str) -> Program:
        """Start an upkeep."""
        return self.start(programs.upkeep({**self.env, **env}, self.home))

    def start(self, program: Program) -> Program:
        """Start a program, which `heal` ends."""
        program.start()
        self._programs.append(program)
        return program

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of one statement, over a connection of its own."""
        connection = psycopg2.connect(self.urls["DATABASE_URL"], connect_timeout=3)
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def job(self, job_id: str) -> dict[str, Any]:
        """The row of a job."""
        columns = (
            "status, attempt, pid, worker, error_code, error_message, progress_percent, publishes"
        )
        [row] = self.sql(f"SELECT {columns} FROM jobs_job WHERE id = %s", job_id)
        return dict(zip(columns.split(", "), row, strict=True))

    def redis(self, **options: Any) -> "redis.Redis":
        """A client of the broker."""
        return redis.Redis.from_url(self.urls["REDIS_URL"], **options)

    def wait_for(self, job_id: str, *statuses: str, seconds: float = 30) -> dict[str, Any]:
        """The row once it has one of the statuses."""
        wait_until(
            lambda: self.job(job_id)["status"] in statuses, seconds, lambda: self.job(job_id)
        )
        return self.job(job_id)

    def running(self, type: str = "steady", seconds: float = 60.0) -> str:
        """The id of a new job that runs."""
        job_id: str = self.client.submit(type, seconds=seconds).body["id"]
        self.wait_for(job_id, "PROCESSING")
        return job_id

    def hold(self, type: str, seconds: float | None = None) -> None:
        """Hold a type, for some seconds or until `end_hold`."""
        self.sql(
            """INSERT INTO jobs_hold (kind, value, name, reason, held_by, until)
            VALUES ('type', %s, %s, 'a test', 'test', now() + %s * interval '1 second')""",
            *(type, type, seconds),
        )

    def end_hold(self, type: str) -> None:
        """Release a type."""
        self.sql(
            """UPDATE jobs_hold SET ended_at = clock_timestamp(), released_by = 'test'
            WHERE ended_at IS NULL AND value = %s""",
            type,
        )

    def drain(self, seconds: float = 60 + 2 * LEASE_SECONDS) -> None:
        """Wait until no job is active."""
        active = "SELECT count(*) FROM jobs_job WHERE status IN ('PENDING', 'PROCESSING')"
        wait_until(lambda: self.sql(active) == [(0,)], seconds, lambda: self.sql(active))

    def fail_over(self) -> None:
        """End all connections; those that are opened from now on take no writes, and never will."""
        self.sql("ALTER ROLE CURRENT_USER SET default_transaction_read_only = on")
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )

    def promote(self) -> None:
        """Let new connections take writes."""
        self.sql(
            "BEGIN READ WRITE; ALTER ROLE CURRENT_USER RESET default_transaction_read_only; COMMIT"
        )

    def refuse_writes(self) -> None:
        """Maintenance: every connection takes no writes, until `take_writes`."""
        self._set_system("SET default_transaction_read_only = on")

    def take_writes(self) -> None:
        """End the maintenance."""
        self._set_system("RESET default_transaction_read_only")

    def _set_system(self, what: str) -> None:
        self.sql(f"ALTER SYSTEM {what}")
        self.sql("SELECT pg_reload_conf()")

    def heal(self) -> None:
        """Stop what the test started, wake and start again what it broke, forget every job."""
        for program in self._programs:
            if program.process and program.process.poll() is None:
                program.process.send_signal(signal.SIGCONT)
                program.process.kill()
                program.process.wait()
        self._programs.clear()
        for server in (self.postgres, self.broker):
            assert server.process
            if server.process.poll() is None:
                server.process.send_signal(signal.SIGCONT)
            else:
                server.start()
        wait_until(lambda: self.promote() is None, 30)
        self.take_writes()
        client = self.redis()
        client.replicaof("NO", "ONE")
        client.config_set("maxmemory", 0)
        client.flushall()
        client.close()
        if not self.web.process or self.web.process.poll() is not None:
            self._start_web()
        self.sql(f"TRUNCATE {TABLES} CASCADE")
        time.sleep(0.1)
        self.client = self.new_client()
        wait_until(self._accepts, 30)
        self.client = self.new_client()
        self.sql(f"TRUNCATE {TABLES} CASCADE")
        client.flushall()

    def _accepts(self) -> bool:
        return self.client.submit().status == 201  # the breaker is closed again

    def close(self) -> None:
        """End everything but the servers."""
        programs.stop_programs([*self._programs, self.web])
        self.listener.close()


@contextlib.contextmanager
def running(home: Path, *, settings: str = "tests.faults.settings") -> Iterator[Stack]:
    """A stack on servers of its own, for the length of the block."""
    with servers.running_servers(home, {}, durable=False) as found:
        stack = Stack(home, found, settings)
        try:
            yield stack
        finally:
            stack.close()


def wait_until(
    condition: Callable[[], bool],
    seconds: float,
    seen: Callable[[], object] = lambda: "it did not happen",
) -> float:
    """Poll until true; returns the seconds it took, fails with `seen()` after `seconds`."""
    start = time.monotonic()
    while True:
        with contextlib.suppress(psycopg2.OperationalError, OSError, http.client.HTTPException):
            if condition():
                return time.monotonic() - start
        assert time.monotonic() - start < seconds, seen()
        time.sleep(0.05)
