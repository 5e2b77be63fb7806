"""What a job costs the table of jobs: bytes of log and of disk, and time beside millions of jobs.

Jobs are submitted, claimed and settled as the web and the workers do it, by one process.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from django.contrib.auth import get_user_model
from django.db import connection
from uuid_utils.compat import uuid7

from benchmarks.harness import ground, rows
from benchmarks.harness.comparison import SIZES
from benchmarks.harness.figure import Figure
from jobs import lifecycle
from jobs.lifecycle import Outcome
from jobs.models import Job, Source, Status

# Vacuumed at every fortieth: autovacuum comes when 2 % of the rows have old versions, whose room
# is then used again. In a smaller table that room is a larger share.
JOBS = 20_000
VACUUMED_EVERY = 500
STEPS = ("submit", "claim", "settle")
ROUNDS = 6
A_ROUND = 100
RATIO = 1.2
WAL_BYTES = 3_000
ROW_BYTES = 900


class Meter:
    """Runs jobs, and keeps the seconds and the bytes of log of each step."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.wal: dict[str, int] = defaultdict(int)
        self._staff = get_user_model().objects.get(username="staff")

    def run(self, jobs: int) -> None:
        """Submit, claim and settle that many jobs, one after the other."""
        for number in range(jobs):
            job = Job(id=uuid7(), name=f"Import region {number % 1000} of {number}", type="report")
            job.params, job.source = {"days": 7}, Source.API
            job.created_by, job.created_by_name = self._staff, "staff"
            job.token_id, job.token_name = rows.TOKEN, "erp-import"
            with self._step("submit"):
                lifecycle.insert([job], actor="staff")
            with self._step("claim"):
                lifecycle.claim(job.id, types=["report"], worker="w1", pid=1)
            with self._step("settle"):
                outcome = Outcome(status=Status.COMPLETED, result={"rows": 5})
                lifecycle.settle(job.id, outcome, attempt=1, actor="worker w1")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        before, start = _wal(), time.perf_counter()
        yield
        self.seconds[name].append(time.perf_counter() - start)
        self.wal[name] += _wal() - before


def measure(home: Path) -> Iterator[Figure]:
    """Yield the bytes that a job costs, then its times at both sizes."""
    with ground.database("empty"):
        yield from _bytes()
    yield from _times()


def _bytes() -> Iterator[Figure]:
    meter = Meter()
    for _ in range(JOBS // VACUUMED_EVERY):
        meter.run(VACUUMED_EVERY)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE jobs_job")
    by_step = {name: round(meter.wal[name] / JOBS) for name in STEPS}
    total = sum(meter.wal.values()) / JOBS
    yield Figure(
        what="bytes of write-ahead log a job", value=total, at_most=WAL_BYTES, details=by_step
    )
    heap, indexes, count = _sizes()
    details = {"heap": round(heap / JOBS), "indexes": round(indexes / JOBS)}
    yield Figure(
        what="bytes a job, heap and indexes",
        value=(heap + indexes) / JOBS,
        at_most=ROW_BYTES,
        details=details,
    )
    yield Figure(what="indexes", value=count, at_most=14)


def _times() -> Iterator[Figure]:
    meters: dict[str, Meter] = {}
    for name, jobs in {"empty": 0, "large": SIZES["large"]}.items():
        with ground.database(name):
            if jobs:
                rows.fill(jobs, seconds_apart=0.05)
            meters[name] = Meter()
            meters[name].run(A_ROUND)  # prepares the statements
            meters[name].seconds.clear()
    for _ in range(ROUNDS):
        for name, meter in meters.items():
            with ground.database(name):
                meter.run(A_ROUND)
    for step in STEPS:
        empty, large = (median(meter.seconds[step]) for meter in meters.values())
        details = {"empty_ms": round(empty * 1000, 2), "large_ms": round(large * 1000, 2)}
        yield Figure(
            what=f"{step}: time, large to empty",
            value=large / empty,
            at_most=RATIO,
            details={**details, "jobs": SIZES["large"]},
        )


def _wal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def _sizes() -> tuple[int, int, int]:
    """The bytes of the table and of its indexes, and how many indexes it has."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_relation_size('jobs_job'), pg_indexes_size('jobs_job'),
                (SELECT count(*) FROM pg_index WHERE indrelid = 'jobs_job'::regclass)"""
        )
        heap, indexes, count = cursor.fetchone()
        return int(heap), int(indexes), int(count)
