"""A batch of 500 jobs beside 100 single POSTs, over HTTP, in turns."""

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.harness import ground
from benchmarks.harness.figure import Figure

JOBS = 500
SINGLES = 100
ROUNDS = 5
RATIO = 5


def measure(home: Path) -> Iterator[Figure]:
    """Yield the ratio of jobs per second, batch to single POSTs, as the median of the rounds."""
    with ground.stack_of(home) as stack:
        pairs = [
            (_per_second(stack, JOBS, batch=True), _per_second(stack, SINGLES))
            for _ in range(ROUNDS)
        ]
    batch, single = (median(column) for column in zip(*pairs, strict=True))
    yield Figure(
        what="jobs per second, batch of 500 to single POSTs",
        value=median(one / other for one, other in pairs),
        at_least=RATIO,
        details={"batch_per_second": round(batch), "single_per_second": round(single)},
    )


def _per_second(stack: ground.Stack, jobs: int, *, batch: bool = False) -> float:
    connection = http.client.HTTPConnection(stack.web_url.removeprefix("http://"), timeout=60)
    headers = {"Authorization": f"Token {stack.token}", "Content-Type": "application/json"}
    job = {"name": "Generate report"}
    bodies = [json.dumps({"jobs": [job] * jobs})] if batch else [json.dumps(job)] * jobs
    start = time.perf_counter()
    for body in bodies:
        connection.request("POST", f"/api/v1/jobs/{'batch/' if batch else ''}", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 201, text
    seconds = time.perf_counter() - start
    connection.close()
    return jobs / seconds
