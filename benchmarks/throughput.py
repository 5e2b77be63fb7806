"""1,000 jobs at two pool processes: what a job costs, beside the usual hand-written project in the same run."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from django.db import connection

from backoffice.local import processes
from benchmarks import ground
from benchmarks.figure import Figure
from jobs import lifecycle
from jobs.engine import publishing
from jobs.models import Job

JOBS = 1000
WARM_UP = 50
PATIENCE_SECONDS = 180
TICKS = os.sysconf("SC_CLK_TCK")
STATEMENT = re.compile(rb"LOG:  (?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK)")


@dataclass(frozen=True)
class Cost:
    """What a job costs, on average."""

    statements: float
    commits: float
    connections: float
    cpu_ms: float
    jobs_per_second: float


def measure(home: Path) -> Iterator[Figure]:
    """Ours, then the peer's."""
    with ground.database("ours") as url, _worker(home, "benchmarks.nothing", {"DATABASE_URL": url}) as pid:
        ours = _cost(home, url, pid, "jobs_job", _launch)
    env = {"PEER_REDIS_URL": re.sub(r"/\d+$", "/1", os.environ["REDIS_URL"])}
    with ground.database("peer") as url:
        connection.close()
        env["PEER_DATABASE_URL"] = url
        peer_name = "benchmarks.peers.handwritten"

        def launch(jobs: int) -> None:
            subprocess.run([sys.executable, "-m", peer_name, str(jobs)], env=os.environ | env, check=True)

        launch(0)
        with _worker(home, peer_name, env) as pid:
            peer = _cost(home, url, pid, "work", launch)
    for name in ("statements", "commits", "connections", "cpu_ms"):
        mine, theirs = getattr(ours, name), getattr(peer, name)
        yield Figure(
            what=f"{name} per job, ours to the peer's",
            value=mine / theirs,
            at_most=0.5,
            details={"ours": round(mine, 3), "peer": round(theirs, 3)},
        )
    yield Figure(
        what="jobs per second, ours to the peer's",
        value=ours.jobs_per_second / peer.jobs_per_second,
        at_least=1,
        details={"ours": round(ours.jobs_per_second), "peer": round(peer.jobs_per_second)},
    )


def _launch(jobs: int) -> None:
    rows = [Job(name="x", type="nothing") for _ in range(jobs)]
    publishing.publish(lifecycle.submit(rows, actor="benchmark"))


@contextmanager
def _worker(home: Path, app: str, env: Mapping[str, str]) -> Iterator[int]:
    command = [sys.executable, "-m", "celery", "-A", app, "worker", "--concurrency=2", "--loglevel=WARNING"]
    with (home / "worker.log").open("a") as log:
        worker = processes.spawn(command, dying=signal.SIGTERM, stdout=log, stderr=log, env=os.environ | env)
        try:
            yield worker.pid
        finally:
            processes.stop(worker, signal.SIGTERM, 60)


def _cost(home: Path, url: str, worker: int, table: str, launch: Callable[[int], None]) -> Cost:
    database = psycopg2.connect(url)
    database.autocommit = True
    cursor = database.cursor()
    launch(WARM_UP)
    _until_done(cursor, table, WARM_UP)
    return _measured(home, cursor, worker, table, launch)


def _measured(home: Path, cursor: Any, worker: int, table: str, launch: Callable[[int], None]) -> Cost:
    # Connections that are open already do not log: log_statement is set for the whole server while we look.
    cursor.execute("ALTER SYSTEM SET log_statement = 'all'")
    cursor.execute("SELECT pg_reload_conf()")
    time.sleep(2)
    [postgres] = [
        int(line) for line in (next(home.glob("postgres-*/postmaster.pid"))).read_text().split()[:1]
    ]
    log = home / "postgres.log"
    before, size = [*_figures(cursor), _cpu(worker) + _cpu(postgres)], log.stat().st_size
    launch(JOBS)
    _until_done(cursor, table, WARM_UP + JOBS)
    after = [*_figures(cursor), _cpu(worker) + _cpu(postgres)]
    with log.open("rb") as lines:
        lines.seek(size)
        statements = len(STATEMENT.findall(lines.read()))
    last = f"SELECT started_at, finished_at FROM {table} ORDER BY id DESC LIMIT {JOBS}"
    cursor.execute(f"SELECT extract(epoch FROM max(finished_at) - min(started_at)) FROM ({last}) AS last")
    seconds = float(cursor.fetchone()[0])
    commits, sessions, cpu = ((new - old) / JOBS for new, old in zip(after, before, strict=True))
    return Cost(statements / JOBS, commits, sessions, cpu * 1000, JOBS / seconds)


def _figures(cursor: Any) -> list[float]:
    """Commits and connections so far, of this database."""
    time.sleep(1.5)  # a session tells its figures once a second
    cursor.execute("SELECT xact_commit, sessions FROM pg_stat_database WHERE datname = current_database()")
    return list(cursor.fetchone())


def _until_done(cursor: Any, table: str, jobs: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE status = 'COMPLETED'")
        if cursor.fetchone()[0] >= jobs:
            return
        time.sleep(0.5)
    raise TimeoutError(f"{table}: not {jobs} completed")


def _cpu(pid: int) -> float:
    """Seconds of a process, its living children and the dead ones. Source: /proc/PID/stat."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(int(number) for number in numbers[11:15]) / TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_cpu(int(child)) for child in children)
