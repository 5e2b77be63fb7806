"""What 30 clients that wait for a job cost PostgreSQL and other requests, with 8 web threads."""

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from django.db import connection

from benchmarks.harness import ground
from benchmarks.harness.figure import Figure

CLIENTS = 30
HELD = 4  # half the threads; others are answered at once, with Retry-After
SECONDS = 60  # after which all of them have asked again
# How much slower other requests may become when threads switch to waiting ones.
SLOWDOWN = 2
QUERIES = 4


def measure(home: Path) -> Iterator[Figure]:
    """Yield the figures with as many clients as may wait and with more, beside none."""
    os.environ |= {"WEB_PROCESSES": "1", "WEB_THREADS": "8"}
    with ground.stack_of(home) as stack:
        # A waiting job, which upkeep reads in either case.
        _ask(stack, "POST", "/api/v1/jobs/", {"name": "Generate report"})
        alone, idle = _typical_seconds(stack), _transactions_per_second()
        for clients in (HELD, CLIENTS):
            with _waiting(stack, clients):
                crowded, busy = _typical_seconds(stack), _transactions_per_second()
            yield Figure(
                what=f"seconds of another request, with {clients} waiting clients to none",
                value=crowded / alone,
                at_most=SLOWDOWN,
                details={
                    "alone_ms": round(alone * 1000, 1),
                    "crowded_ms": round(crowded * 1000, 1),
                },
            )
            yield Figure(
                what=f"queries a second of {clients} waiting clients",
                value=busy - idle,
                at_most=QUERIES,
            )


@contextmanager
def _waiting(stack: ground.Stack, count: int) -> Iterator[None]:
    """Let `count` clients wait for one job, which is cancelled at the end of the block."""
    job = str(_ask(stack, "POST", "/api/v1/jobs/", {"name": "Generate report"})["id"])
    clients = [threading.Thread(target=_wait, args=(stack, job)) for _ in range(count)]
    for client in clients:
        client.start()
    time.sleep(2)
    yield
    _ask(stack, "POST", f"/api/v1/jobs/{job}/cancel/", {})
    for client in clients:
        client.join()


def _typical_seconds(stack: ground.Stack) -> float:
    seconds = []
    for _ in range(60):
        start = time.perf_counter()
        _ask(stack, "GET", "/api/v1/jobs/?page_size=5")
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def _transactions_per_second() -> float:
    """Transactions a second in our database while clients only wait; a single query is one."""
    time.sleep(11)  # an idle session reports its figures after ten seconds
    before, start = _transactions(), time.monotonic()
    time.sleep(SECONDS)
    return (_transactions() - before - 1) / (time.monotonic() - start)


def _transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database"
            " WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def _wait(stack: ground.Stack, job: str) -> None:
    """Wait as docs/api.md says: send the known version, ask again after Retry-After."""
    known: dict[str, str] = {}
    while True:
        answer, headers = _answer(stack, "GET", f"/api/v1/jobs/{job}/?wait=30", headers=known)
        if answer and answer["status"] != "PENDING":
            return
        known = {"If-None-Match": headers["ETag"]}
        time.sleep(int(headers["Retry-After"]))


def _ask(stack: ground.Stack, method: str, path: str, body: object = None) -> dict[str, object]:
    return _answer(stack, method, path, body)[0]


def _answer(
    stack: ground.Stack,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[dict[str, object], Mapping[str, str]]:
    """The answer's JSON, {} where it is 304, and its headers."""
    connection = http.client.HTTPConnection(stack.web_url.removeprefix("http://"), timeout=60)
    ours = {"Authorization": f"Token {stack.token}", "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body else None, ours | dict(headers or {}))
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    assert answer.status < 300 or answer.status == 304, text
    return dict(json.loads(text or "{}")), answer.headers
