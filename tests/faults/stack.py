"""A whole Backoffice of the fault suite: own servers, processes to be killed, and a client that keeps its log."""

import contextlib
import http.client
import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import redis

from backoffice.local import programs, servers
from backoffice.local.home import PROJECT
from backoffice.local.postgres import Postgres
from backoffice.local.processes import run
from backoffice.local.programs import Program
from backoffice.local.redis import Redis

LEASE_SECONDS = 3.0
HEARTBEAT_SECONDS = 0.5
# Where the handlers of tests/faults/types.py note each run.
EFFECTS = """CREATE TABLE IF NOT EXISTS effect (job_id uuid, attempt int, pid int,
    at timestamptz DEFAULT clock_timestamp())"""
TABLES = "jobs_job, jobs_jobevent, jobs_joblog, jobs_jobfile, jobs_worker, effect, django_celery_results_taskresult"


@dataclass
class Answer:
    """What the API answered, and after how long."""

    status: int
    headers: http.client.HTTPMessage
    body: dict[str, Any]
    seconds: float


@dataclass
class Client:
    """An external system: submits, and remembers what it was told."""

    address: str
    token: str
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # names, for a refusal has no id
    unknown: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request, as JSON."""
        start = time.monotonic()
        connection = http.client.HTTPConnection(self.address, timeout=30)
        with contextlib.closing(connection):
            sent = {"Authorization": f"Token {self.token}", "Content-Type": "application/json", **headers}
            connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            response = connection.getresponse()
            text = response.read()
        return Answer(
            response.status, response.headers, json.loads(text) if text else {}, time.monotonic() - start
        )

    def submit(self, type: str = "quick", *, name: str = "", key: str = "", **params: Any) -> Answer:
        """POST one job."""
        body = {"name": name or f"{type} {time.monotonic_ns()}", "type": type, "params": params}
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.ask("POST", "/api/v1/jobs/", body, **headers)
        self._note(answer, body["name"], [answer.body])
        return answer

    def batch(self, count: int, type: str = "quick", **params: Any) -> list[str]:
        """POST jobs, 500 at a time; returns their ids."""
        ids: list[str] = []
        for start in range(0, count, 500):
            jobs = [
                {"name": f"{type} {n} {time.monotonic_ns()}", "type": type, "params": params}
                for n in range(start, min(count, start + 500))
            ]
            answer = self.ask("POST", "/api/v1/jobs/batch/", {"jobs": jobs})
            assert answer.status == 201, answer
            made = answer.body["jobs"] if "jobs" in answer.body else answer.body["results"]
            ids += [job["id"] for job in made]
        self.accepted += ids
        return ids

    def cancel(self, job_id: str) -> Answer:
        """POST a cancel."""
        return self.ask("POST", f"/api/v1/jobs/{job_id}/cancel/", {})

    def _note(self, answer: Answer, name: str, jobs: list[dict[str, Any]]) -> None:
        if answer.status == 201:
            self.accepted += [job["id"] for job in jobs]
        elif answer.status == 504:
            self.unknown.append(name)
        else:
            self.refused.append(name)


class Stack:
    """Servers and processes; whatever a test starts or breaks is stopped and healed by `heal`."""

    def __init__(self, home: Path, found: servers.Servers) -> None:
        self.home = home
        postgres, broker = found.started["DATABASE_URL"], found.started["REDIS_URL"]
        assert isinstance(postgres, Postgres)
        assert isinstance(broker, Redis)
        self.postgres, self.broker = postgres, broker
        self.urls = found.urls
        self.env = programs.environment(home, found) | {
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
            "JOBS_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
            "WEB_PROCESSES": "1",
        }
        self.door = socket.create_server(("127.0.0.1", 0), backlog=512)
        status, printed = run([*programs.MANAGE, "prepare", "staff", str(home)], cwd=PROJECT, env=self.env)
        assert status == 0, printed
        self.sql(EFFECTS)
        self._programs: list[Program] = []
        self.web = programs.web(self.env, home, self.door)
        self.client = self.new_client()
        self._start_web()

    def new_client(self) -> Client:
        """Another external system."""
        return Client(f"127.0.0.1:{self.door.getsockname()[1]}", (self.home / "token").read_text())

    def _start_web(self) -> None:
        self.web.start()
        wait_until(lambda: self.client.ask("GET", "/livez").status == 200, 60)

    def worker(self, concurrency: int = 2, *, number: int = 1, **env: str) -> Program:
        """Start a worker, and wait until it consumes."""
        program = programs.worker(number, concurrency, {**self.env, **env}, self.home)
        before = self.sql("SELECT count(*) FROM jobs_worker")[0][0]
        self._start(program)
        wait_until(lambda: self.sql("SELECT count(*) FROM jobs_worker")[0][0] > before, 60)
        return program

    def upkeep(self, **env: str) -> Program:
        """Start an upkeep."""
        return self._start(programs.upkeep({**self.env, **env}, self.home))

    def _start(self, program: Program) -> Program:
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
        columns = "status, attempt, pid, worker, error_code, error_message, progress_percent, publishes"
        [row] = self.sql(f"SELECT {columns} FROM jobs_job WHERE id = %s", job_id)
        return dict(zip(columns.split(", "), row, strict=True))

    def redis(self, **options: Any) -> "redis.Redis":
        """A client of the broker."""
        return redis.Redis.from_url(self.urls["REDIS_URL"], **options)

    def wait_for(self, job_id: str, *statuses: str, seconds: float = 30) -> dict[str, Any]:
        """The row once it has one of the statuses."""
        wait_until(lambda: self.job(job_id)["status"] in statuses, seconds, lambda: self.job(job_id))
        return self.job(job_id)

    def drain(self, seconds: float = 60) -> None:
        """Wait until no job is active."""
        active = "SELECT count(*) FROM jobs_job WHERE status IN ('PENDING', 'PROCESSING')"
        wait_until(lambda: self.sql(active) == [(0,)], seconds, lambda: self.sql(active))

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
        programs.stop([*self._programs, self.web])
        self.door.close()


@contextlib.contextmanager
def running(home: Path) -> Iterator[Stack]:
    """A stack on servers of its own, for the length of the block."""
    with servers.running(home, {}, durable=False) as found:
        stack = Stack(home, found)
        try:
            yield stack
        finally:
            stack.close()


def wait_until(
    condition: Callable[[], bool], seconds: float, seen: Callable[[], object] = lambda: "it did not happen"
) -> float:
    """Poll until true; returns the seconds it took, fails with `seen()` after `seconds`."""
    start = time.monotonic()
    while True:
        with contextlib.suppress(psycopg2.OperationalError, OSError, http.client.HTTPException):
            if condition():
                return time.monotonic() - start
        assert time.monotonic() - start < seconds, seen()
        time.sleep(0.05)
