"""Connections, memory and idle CPU of each kind of process, and the CPU of a healthcheck.

Two tables are printed on stderr: of the processes, and of their connections as PostgreSQL names
them. CPU is of ten seconds in which nothing is asked.
"""

import http.client
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from benchmarks.harness import ground
from benchmarks.harness.figure import Figure
from benchmarks.harness.process_tree import cpu_seconds, pids, pss_of_one

REPORTS = 60
IDLE_SECONDS = 10
HEALTHCHECK_CPU_SECONDS = 0.1
MEGABYTE = 1024 * 1024
# What docker-compose.yml allows, in megabytes of PSS before handlers load anything.
WORKER_MEGABYTES = 1024
NAMES = """SELECT application_name, count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() GROUP BY 1 ORDER BY 1"""


@dataclass(frozen=True)
class Row:
    """One process, or the processes of a program together."""

    kind: str
    pids: list[int]

    def connections(self, server: str) -> int:
        """How many connections to the server of this environment variable they have."""
        port = urlsplit(os.environ[server]).port
        return sum(len(_sockets(pid) & _sockets_to(pid, port or 0)) for pid in self.pids)

    def megabytes(self) -> float:
        return sum(pss_of_one(pid) for pid in self.pids) / MEGABYTE


def measure(home: Path) -> Iterator[Figure]:
    """Print the table, and yield the figures with bounds."""
    with ground.stack_of(home, workers=1, concurrency=2) as stack:
        _use(stack)
        rows = list(_rows(stack))
        _print(rows)
        _print_names()
        [worker] = [row for row in rows if row.kind == "a worker as a whole"]
        yield Figure(
            what="a worker as a whole: MB of PSS",
            value=worker.megabytes(),
            at_most=WORKER_MEGABYTES,
            details={"postgresql": worker.connections("DATABASE_URL")},
        )
    yield _healthcheck()


def _use(stack: ground.Stack) -> None:
    """Launch reports and wait for their ends, so that every process has done its work once."""
    client = http.client.HTTPConnection(stack.web_url.removeprefix("http://"), timeout=60)
    headers = {"Authorization": f"Token {stack.token}", "Content-Type": "application/json"}
    body = json.dumps({"jobs": [{"name": "Generate report"}] * REPORTS})
    client.request("POST", "/api/v1/jobs/batch/", body, headers)
    assert client.getresponse().read()
    while True:
        client.request("GET", "/api/v1/jobs/?active=true&page_size=1", headers=headers)
        if not json.loads(client.getresponse().read())["results"]:
            return
        time.sleep(0.5)


def _rows(stack: ground.Stack) -> Iterator[Row]:
    programs = {"web": stack.web, "worker": stack.workers[0], "maintenance": stack.maintenance}
    for name, program in programs.items():
        assert program.process is not None
        main, *others = pids(program.process.pid)
        yield Row(f"{name}, main process", [main])
        if others:
            yield Row(f"{name}, one of {len(others)} processes", others[:1])
        yield Row(f"a {name} as a whole", [main, *others])
    assert stack.upkeep.process is not None
    yield Row("upkeep", [stack.upkeep.process.pid])


def _print(rows: list[Row]) -> None:
    before = {pid: cpu_seconds(pid, own=True) for row in rows for pid in row.pids}
    time.sleep(IDLE_SECONDS)
    print("| process | PostgreSQL | Redis | PSS | idle CPU |", file=sys.stderr)
    print("|---|---|---|---|---|", file=sys.stderr)
    for row in rows:
        cpu = sum(cpu_seconds(pid, own=True) - before[pid] for pid in row.pids) / IDLE_SECONDS
        counts = row.connections("DATABASE_URL"), row.connections("REDIS_URL")
        cells = [row.kind, *map(str, counts), f"{row.megabytes():.0f} MB", f"{100 * cpu:.1f} %"]
        print(f"| {' | '.join(cells)} |", file=sys.stderr)


def _print_names() -> None:
    """Print how many connections each name has in pg_stat_activity, but for ours."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        counted = cursor.fetchall()
    print("\n| application_name | connections |\n|---|---|", file=sys.stderr)
    for name, count in counted:
        print(f"| {name} | {count} |", file=sys.stderr)


def _sockets(pid: int) -> set[str]:
    """The inodes of the process's sockets."""
    links = (os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir())
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _sockets_to(pid: int, port: int) -> set[str]:
    """The inodes of established connections to that port, of all processes."""
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return {one[9] for one in fields if one[3] == "01" and int(one[2].split(":")[1], 16) == port}


def _healthcheck() -> Figure:
    """The CPU of a container's healthcheck of a worker, the least of five."""
    taken = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "jobs.alive"], stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return Figure(
        what="CPU seconds of a worker's healthcheck",
        value=min(taken),
        at_most=HEALTHCHECK_CPU_SECONDS,
    )
