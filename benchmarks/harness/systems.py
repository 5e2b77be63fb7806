"""The job systems that are compared: how each is started and fed, and when its jobs are done."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import redis

from backoffice.local import processes

CELERY = ("celery", "-A", "{module}", "worker", "--concurrency=2", "--loglevel=WARNING")
# The options that our documentation recommends; raw Celery gets the same.
QUIET = ("--without-heartbeat", "--without-gossip", "--without-mingle")


@dataclass(frozen=True)
class System:
    """One job system with two pool processes.

    `worker` is the command after `python -m`, started `workers` times. `done` counts finished jobs;
    without it a job is taken to be finished when it has left the Redis list `queue`.
    """

    name: str
    module: str
    worker: tuple[str, ...]
    workers: int = 1
    done: str = ""
    queue: str = "celery"
    env: Mapping[str, str] = field(default_factory=dict)


OURS = System(
    "ours",
    "benchmarks.harness.nothing",
    (*CELERY, *QUIET),
    done="SELECT count(*) FROM jobs_job WHERE status = 'COMPLETED'",
    env={"LOG_LEVEL": "WARNING"},  # the others do not log each job either
)
PEERS = (
    System("raw celery", "benchmarks.peers.raw_celery", (*CELERY, *QUIET)),
    System(
        "procrastinate",
        "benchmarks.peers.procrastinate",
        ("procrastinate", "--app={module}.app", "worker", "--concurrency=1"),
        workers=2,
        # `make bench` installs it there, out of Django's sight.
        env={"PYTHONPATH": f"{sys.prefix}/procrastinate"},
        done="SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'",
    ),
    System(
        "django-tasks-db",
        "benchmarks.peers.django_tasks_db",
        ("{module}", "db_worker", "--verbosity=0"),
        workers=2,
        done="SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'SUCCESSFUL'",
    ),
    System(
        "dramatiq",
        "benchmarks.peers.dramatiq",
        ("{module}", "rundramatiq", "--processes=2", "--threads=1"),
        done="SELECT count(*) FROM django_dramatiq_task WHERE status = 'done'",
    ),
    System(
        "hand-written",
        "benchmarks.peers.handwritten",
        CELERY,
        done="SELECT count(*) FROM work WHERE status = 'COMPLETED'",
    ),
)


@dataclass(frozen=True)
class Site:
    """A system on servers: its environment, a connection to its database, its Redis."""

    system: System
    env: Mapping[str, str]
    home: Path

    @classmethod
    def of(cls, system: System, number: int, database_url: str, home: Path) -> "Site":
        """`number` (0 to 15) chooses the database of Redis."""
        redis_url = re.sub(r"/\d+$", f"/{number}", os.environ["REDIS_URL"])
        ours = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        peers = {f"PEER_{name}": url for name, url in ours.items()}
        python = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        return cls(system, {**os.environ, **ours, **peers, **python, **system.env}, home)

    def submit(self, jobs: int) -> None:
        """Submit jobs; 0 only makes the tables."""
        command = [sys.executable, "-m", self.system.module, str(jobs)]
        subprocess.run(command, env=self.env, check=True)

    @contextmanager
    def counter(self) -> Iterator[Callable[[], int]]:
        """Give a function that counts finished jobs, over one connection.

        A new connection for each count cost PostgreSQL 5 ms, which the system would pay. Without
        `done` the count is that of the jobs in Redis, below zero.
        """
        with ExitStack() as opened:
            if self.system.done:
                database = opened.enter_context(closing(psycopg2.connect(self.env["DATABASE_URL"])))
                database.autocommit = True
                yield lambda: _first(database, self.system.done)
            else:
                server = opened.enter_context(redis.Redis.from_url(self.env["REDIS_URL"]))
                yield lambda: -int(server.llen(self.system.queue))

    @contextmanager
    def workers(self) -> Iterator[list[int]]:
        """Run its workers; gives their pids."""
        command = [part.format(module=self.system.module) for part in self.system.worker]
        name = self.system.name.replace(" ", "-")
        with (self.home / f"{name}.log").open("a") as log:
            options = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL, "env": self.env}
            started = [
                processes.spawn([sys.executable, "-m", *command], dying=signal.SIGTERM, **options)
                for _ in range(self.system.workers)
            ]
            try:
                yield [one.pid for one in started]
            finally:
                for one in started:
                    processes.stop_process(one, signal.SIGTERM, 60)


def _first(database: Any, query: str) -> int:
    with database.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
