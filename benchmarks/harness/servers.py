"""PostgreSQL and Redis of a measurement: their processes, and PostgreSQL's own figures."""

import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection


@dataclass(frozen=True)
class Servers:
    """The two servers under all systems, by the pids of their first processes."""

    home: Path

    @property
    def postgres(self) -> int:
        [pid_file] = self.home.glob("postgres-*/postmaster.pid")
        return int(pid_file.read_text().split()[0])

    @property
    def redis(self) -> int:
        return int((self.home / "redis/pid").read_text().split()[0])

    def wal_bytes(self) -> int:
        """Bytes of write-ahead log since the server was made."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
            return int(cursor.fetchone()[0])

    def log_statements(self, yes: bool) -> None:
        """Let PostgreSQL log each statement."""
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER SYSTEM SET log_statement = '{'all' if yes else 'none'}'")
            cursor.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
