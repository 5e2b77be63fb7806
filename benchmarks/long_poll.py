"""30 clients that wait for a job, on one web process of 8 threads: what they cost, and whom they keep waiting."""

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
HELD = 4  # half the threads; who comes later is answered at once, and told when to ask again
SECONDS = 60  # as long as it may take until all of them have asked again
# What a thread switch to a request of a waiter may cost the others.
SLOWDOWN = 2
QUERIES = 4


def measure(home: Path) -> Iterator[Figure]:
    """Other requests and PostgreSQL with no waiting client, with as many as may wait, and with more."""
    os.environ |= {"WEB_PROCESSES": "1", "WEB_THREADS": "8"}
    with ground.stack_of(home) as stack:
        _ask(
            stack, "POST", "/api/v1/jobs/", {"name": "Generate report"}
        )  # upkeep looks after one that waits
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
    """`count` clients that wait for one job, until it is cancelled at the end of the block."""
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
    """Transactions of our database a second while clients only wait; a single query counts as one."""
    time.sleep(11)  # a session that fell idle tells its figures ten seconds later
    before, start = _transactions(), time.monotonic()
    time.sleep(SECONDS)
    return (_transactions() - before - 1) / (time.monotonic() - start)


def _transactions() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def _wait(stack: ground.Stack, job: str) -> None:
    """A client as docs/api.md asks for: it sends the version it has, and comes back after Retry-After, to the end."""
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
