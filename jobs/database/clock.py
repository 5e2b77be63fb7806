"""PostgreSQL's time: the only clock that decides what is old, because it wrote the times of the rows."""

from datetime import datetime

from django.db import connections


def now(using: str) -> datetime:
    """Return the server's time, aware."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
