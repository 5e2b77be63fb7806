"""What a page costs PostgreSQL: its queries are recorded, then run under EXPLAIN ANALYZE in turns.

The turns alternate between the compared databases, so that other load on the machine affects all of
them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from django.db import connection

ROUNDS = 9
# A limit of time stands before its query, in the same round trip.
LIMIT_OF_TIME = re.compile(r"^SET LOCAL statement_timeout = \d+;\s*")


@dataclass
class Caught:
    """The queries of a page, and what they cost in each round."""

    queries: list[tuple[str, Any]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    buffers: int = 0

    @property
    def typical_ms(self) -> float:
        """Planning and execution of all queries, the median of the rounds."""
        return median(self.milliseconds)

    def uncapped(self) -> list[str]:
        """Queries with DISTINCT or an unlimited count: their cost would grow with the table."""
        return [
            sql
            for sql, _ in self.queries
            if " DISTINCT " in sql or ("COUNT(" in sql.upper() and "LIMIT" not in sql.upper())
        ]


@contextmanager
def caught() -> Iterator[Caught]:
    """Record the queries that Django sends inside the block."""
    found = Caught()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.queries.append((LIMIT_OF_TIME.sub("", sql), params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def time_in_turns(pages: dict[str, Caught]) -> None:
    """Measure each page; `pages` maps a database's URL to the queries recorded there."""
    open_ones = {url: _connect(url) for url in pages}
    for _ in range(ROUNDS):
        for url, page in pages.items():
            plans = [_explain(open_ones[url], sql, params) for sql, params in page.queries]
            page.milliseconds.append(
                sum(plan["Planning Time"] + plan["Execution Time"] for plan in plans)
            )
            page.buffers = sum(_buffers(plan["Plan"]) for plan in plans)
    for one in open_ones.values():
        one.close()


def _connect(url: str) -> Any:
    parts = urlsplit(url)
    session = connection.settings_dict["OPTIONS"]["session"]  # plans as Django gets them
    return psycopg2.connect(
        host=parts.hostname,
        port=parts.port,
        user=parts.username,
        password=parts.password,
        dbname=parts.path[1:],
        options=" ".join(f"-c {name}={value}" for name, value in session.items()),
    )


def _explain(database: Any, sql: str, params: Any) -> dict[str, Any]:
    with database.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}", params)
        [plan] = cursor.fetchone()[0]
    database.rollback()
    return dict(plan)


def _buffers(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
