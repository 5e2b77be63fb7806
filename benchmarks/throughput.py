"""What a job that does nothing costs, beside other job systems in the same run.

Measured are CPU, drain rate, write-ahead log, statements and memory. Each system has two pool
processes, its own database and its own Redis database. Jobs are submitted while the workers are
stopped, so that only their execution is measured. Rounds are interleaved, so that a change of the
machine's speed affects all systems alike.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.harness import ground, process_tree
from benchmarks.harness.figure import Figure
from benchmarks.harness.servers import Servers
from benchmarks.harness.systems import OURS, PEERS, Site

ROUNDS = 5
JOBS = 1000
WARM_UP = 50
COUNTED = 200
PATIENCE_SECONDS = 180
COUNT_EVERY_SECONDS = 0.05
# The last acknowledgements follow the last job.
SETTLE_SECONDS = 0.3
STATEMENT = re.compile(rb"LOG:  (?:statement|execute [^:]*): (?!BEGIN|COMMIT|ROLLBACK)")


@dataclass(frozen=True, kw_only=True)
class Cost:
    """One round: CPU microseconds and bytes of write-ahead log a job, jobs a second, memory."""

    workers_us: float
    postgres_us: float
    redis_us: float
    wal_bytes: float
    jobs_per_second: float
    pss_bytes: float

    @property
    def cpu_us(self) -> float:
        """CPU of all processes."""
        return self.workers_us + self.postgres_us + self.redis_us


def measure(home: Path) -> Iterator[Figure]:
    """Yield ours beside each system, as the median of the rounds; print the table on stderr."""
    servers = Servers(home)
    with ExitStack() as databases:
        sites = [_site(databases, home, number) for number in range(len(PEERS) + 1)]
        rounds = [
            {site.system.name: _round(site, servers) for site in sites} for _ in range(ROUNDS)
        ]
        statements = {site.system.name: _statements(site, servers) for site in sites}
    costs = {name: _median([one[name] for one in rounds]) for name in rounds[0]}
    print(_table(costs, statements), file=sys.stderr)
    yield from _figures(costs, statements)


def _site(databases: ExitStack, home: Path, number: int) -> Site:
    system = (OURS, *PEERS)[number]
    url = databases.enter_context(ground.database(f"system{number}"))
    site = Site.of(system, number, url, home)
    site.submit(0)
    return site


def _round(site: Site, servers: Servers) -> Cost:
    with site.workers() as workers, site.counter() as count:
        _drain(site, WARM_UP, count)
        with process_tree.frozen(workers):
            done = count()
            site.submit(JOBS)
            before = _readings(workers, servers)
        start = time.monotonic()
        _await(site, count, done + JOBS if site.system.done else 0)
        seconds = time.monotonic() - start
        time.sleep(SETTLE_SECONDS)
        after = _readings(workers, servers)
        memory = sum(map(process_tree.pss_bytes, workers))
    own, postgres, redis, wal = ((new - old) / JOBS for new, old in zip(after, before, strict=True))
    return Cost(
        workers_us=own * 1e6,
        postgres_us=postgres * 1e6,
        redis_us=redis * 1e6,
        wal_bytes=wal,
        jobs_per_second=JOBS / seconds,
        pss_bytes=memory,
    )


def _readings(workers: list[int], servers: Servers) -> tuple[float, ...]:
    return (
        sum(map(process_tree.cpu_seconds, workers)),
        process_tree.cpu_seconds(servers.postgres),
        process_tree.cpu_seconds(servers.redis),
        servers.wal_bytes(),
    )


def _drain(site: Site, jobs: int, count: Callable[[], int]) -> None:
    done = count()
    site.submit(jobs)
    _await(site, count, done + jobs if site.system.done else 0)
    time.sleep(SETTLE_SECONDS)


def _await(site: Site, count: Callable[[], int], jobs: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if count() >= jobs:
            return
        time.sleep(COUNT_EVERY_SECONDS)
    raise TimeoutError(f"{site.system.name} did not finish; see its log in {site.home}.")


def _statements(site: Site, servers: Servers) -> float:
    """Statements a job but BEGIN and COMMIT, from PostgreSQL's log, in a round of their own."""
    servers.log_statements(True)
    log = servers.home / "postgres.log"
    with site.workers() as workers, site.counter() as count:
        _drain(site, WARM_UP, count)
        with process_tree.frozen(workers):
            done = count()
            site.submit(COUNTED)
            size = log.stat().st_size
        _await(site, count, done + COUNTED if site.system.done else 0)
    servers.log_statements(False)
    with log.open("rb") as lines:
        lines.seek(size)
        counted = sum(
            site.system.done.encode() not in line for line in lines if STATEMENT.search(line)
        )
    return counted / COUNTED if site.system.done else 0.0


def _median(rounds: list[Cost]) -> Cost:
    return Cost(
        **{name: median(getattr(one, name) for one in rounds) for name in Cost.__annotations__}
    )


def _table(costs: dict[str, Cost], statements: dict[str, float]) -> str:
    heads = ["CPU us/job", "workers", "PostgreSQL", "Redis", "x raw"]
    heads += ["jobs/s", "WAL/job", "statements", "PSS MB"]
    raw = costs["raw celery"].cpu_us
    lines = [" " * 16 + "".join(f"{head:>12}" for head in heads)]
    for name, cost in sorted(costs.items(), key=lambda item: item[1].cpu_us):
        cells = (
            f"{cost.cpu_us:,.0f}",
            f"{cost.workers_us:,.0f}",
            f"{cost.postgres_us:,.0f}",
            f"{cost.redis_us:,.0f}",
            f"{cost.cpu_us / raw:.2f}",
            f"{cost.jobs_per_second:,.0f}",
            f"{cost.wal_bytes:,.0f}",
            f"{statements[name]:.1f}",
            f"{cost.pss_bytes / 2**20:,.0f}",
        )
        lines.append(f"{name:16}" + "".join(f"{cell:>12}" for cell in cells))
    return "\n".join(lines)


def _figures(costs: dict[str, Cost], statements: dict[str, float]) -> Iterator[Figure]:
    ours = costs.pop("ours")
    for name, peer in costs.items():
        at_most = 0.5 if name == "hand-written" else None
        yield _ratio(f"CPU of a job, ours to {name}", ours.cpu_us, peer.cpu_us, at_most=at_most)
        at_least = 1 if name == "hand-written" else None
        yield _ratio(
            f"jobs a second, ours to {name}",
            ours.jobs_per_second,
            peer.jobs_per_second,
            at_least=at_least,
        )
        yield _ratio(f"memory of the workers, ours to {name}", ours.pss_bytes, peer.pss_bytes)
    yield Figure(what="statements a job", value=statements["ours"], at_most=2.2)
    yield Figure(what="bytes of write-ahead log a job", value=ours.wal_bytes)


def _ratio(what: str, ours: float, peer: float, **bounds: float | None) -> Figure:
    details = {"ours": round(ours), "peer": round(peer)}
    return Figure(what=what, value=ours / peer, details=details, **bounds)
