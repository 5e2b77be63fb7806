"""How long submissions wait while the tables of version 1.0.0 become those of this version.

Jobs are inserted one after the other, as version 1.0.0 does it, beside each migration.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from benchmarks.harness import ground
from benchmarks.harness.comparison import SIZES
from benchmarks.harness.figure import Figure

OLD = "0011_know_failures_by_kind"
LONGEST_SECONDS = 2.5  # a migration that waits for a lock gives up after 2 s
COLUMNS = """(id, name, type, params, queue, status, version, progress_message, error_code,
    error_type, error_message, error_traceback, created_by_name, source, request_id, request_hash,
    publishes, attempt, worker, cancel_requested_by, cancel_reason, acknowledged_by,
    acknowledged_note, created_at, published_at, finished_at)"""
FILL = f"""INSERT INTO jobs_job {COLUMNS}
    SELECT gen_random_uuid(), 'Import ' || n, 'report', '{{}}', 'default', 'COMPLETED',
    3, '', '', '', '', '', 'maria', 'api', '', '', 1, 1, 'w1', '', '', '', '',
    now() - n * interval '1 s', now(), now() - n * interval '1 s'
    FROM generate_series(1, %s) AS n"""
SUBMIT = f"""INSERT INTO jobs_job {COLUMNS}
    VALUES (gen_random_uuid(), 'Old', 'report', '{{}}',
    'default', 'PENDING', 1, '', '', '', '', '', 'maria', 'api', '', '', 1, 0, '', '', '', '', '',
    now(), now(), NULL)"""


class Inserts:
    """Inserts jobs in a thread; `longest` are the seconds of the slowest since it was set to 0."""

    def __init__(self, url: str) -> None:
        self.longest, self.count, self.errors = 0.0, 0, 0
        self._url, self._ended = url, threading.Event()

    @contextmanager
    def running(self) -> Iterator["Inserts"]:
        """Insert until the block ends."""
        thread = threading.Thread(target=self._insert)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def _insert(self) -> None:
        with closing(psycopg2.connect(self._url)) as session, session.cursor() as cursor:
            session.autocommit = True
            while not self._ended.wait(0.01):
                began_at = time.perf_counter()
                try:
                    cursor.execute(SUBMIT)
                except psycopg2.Error:
                    self.errors += 1
                self.longest = max(self.longest, time.perf_counter() - began_at)
                self.count += 1


def measure(home: Path) -> Iterator[Figure]:
    """Yield the longest wait of an insert, with that beside each migration."""
    names = [name for app, name in MigrationLoader(connection).graph.nodes if app == "jobs"]
    jobs = SIZES["large"]
    with ground.empty_database("upgraded") as url:
        _migrate(url, "0011")
        with closing(psycopg2.connect(url)) as session, session, session.cursor() as cursor:
            cursor.execute(FILL, [jobs])
        waits, took = {}, {}
        with Inserts(url).running() as inserts:
            for name in sorted(one for one in names if one > OLD):
                inserts.longest, began_at = 0.0, time.perf_counter()
                _migrate(url, name)
                waits[name], took[name] = round(inserts.longest, 3), time.perf_counter() - began_at
        slowest = dict(sorted(waits.items(), key=lambda pair: -pair[1])[:5])
        yield Figure(
            what=f"longest insert during the upgrade from 1.0.0 at {jobs:,} jobs, in seconds",
            value=max(waits.values()),
            at_most=LONGEST_SECONDS,
            details={
                "inserts": inserts.count,
                "failed": inserts.errors,
                "slowest": slowest,
                "longest_migration_seconds": round(max(took.values()), 1),
            },
        )


def _migrate(url: str, name: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "jobs", name, "-v0"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url},
        check=True,
    )
