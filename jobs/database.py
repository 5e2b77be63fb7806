"""What every user of PostgreSQL here needs to know about it: its time."""

from datetime import datetime

from django.db import connections


def now(using: str) -> datetime:
    """Return the server's time: the only clock that decides what is old, for it wrote the times of the rows."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
