"""A scrape of /metrics, and upkeep's count of ended jobs, at two sizes of the table."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

from django.conf import settings
from django.db import connections
from django.db.models import Max
from django.test import Client

from benchmarks.harness import ground, rows
from benchmarks.harness.comparison import RATIO, SIZES
from benchmarks.harness.figure import Figure
from benchmarks.harness.sql_time import Caught, caught, time_in_turns
from jobs.engine.upkeep.tally import JOBS_A_BATCH, count_ended
from jobs.models import Job, UpkeepState, Worker

QUERIES = 10
MILLISECONDS = 50
SCRAPES = 21
# At both sizes more jobs wait than are counted.
ACTIVE = 40_000
SMALL = 100_000
TOKEN = "benchmark"


def measure(home: Path) -> Iterator[Figure]:
    """Yield queries and time of a scrape, large to small, then the time of a count."""
    settings.PROBE_TOKEN = TOKEN
    scrapes: dict[str, Caught] = {}
    walls: list[float] = []
    counts: list[float] = []
    for name, jobs in (("small", SMALL), ("large", SIZES["large"])):
        with ground.database(name) as url:
            rows.fill(jobs, active=ACTIVE, seconds_apart=0.05)
            counts.append(_count())
            scrapes[url], milliseconds = _scrape()
            walls.append(milliseconds)
    time_in_turns(scrapes)
    small, large = scrapes.values()
    sizes = {"jobs": SIZES["large"]}
    sql = {"small_ms": round(small.typical_ms, 2), "large_ms": round(large.typical_ms, 2)}
    yield Figure(
        what="a scrape: SQL time, large to small",
        value=large.typical_ms / small.typical_ms,
        at_most=RATIO,
        details=sql | sizes,
    )
    yield Figure(what="a scrape: queries", value=len(large.queries), at_most=QUERIES)
    wall = {"small_ms": round(walls[0], 1), "large_ms": round(walls[1], 1)}
    yield Figure(
        what="a scrape: milliseconds at the large size",
        value=walls[1],
        at_most=MILLISECONDS,
        details=wall | sizes,
    )
    yield Figure(
        what=f"a count of {JOBS_A_BATCH} ended jobs: time, large to small",
        value=counts[1] / counts[0],
        at_most=RATIO,
        details={"small_ms": round(counts[0]), "large_ms": round(counts[1])},
    )


def _scrape() -> tuple[Caught, float]:
    """The queries of a scrape, and the median of its milliseconds."""
    client = Client(SERVER_NAME="127.0.0.1")
    taken = []
    for _ in range(SCRAPES):
        began_at = time.perf_counter()
        with caught() as page:
            answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        taken.append(1000 * (time.perf_counter() - began_at))
        assert answer.status_code == 200, answer.content[:500]
    return page, median(taken)


def _count() -> float:
    """The milliseconds of a count of the jobs that ended last, about one batch."""
    Worker.objects.create(id="w1", host="here", pid=1, slots=50, consuming=True, queues=["default"])
    last = Job.objects.filter(status="COMPLETED").aggregate(last=Max("finished_at"))["last"]
    since = last - timedelta(seconds=5 * JOBS_A_BATCH)  # one ended every five seconds
    UpkeepState.objects.create(id=1, host="here", pid=1, counted_until=since)
    connections["worker"].close()
    began_at = time.perf_counter()
    count_ended()
    return 1000 * (time.perf_counter() - began_at)
