"""PostgreSQL's clock. It wrote the times in the rows, so it alone decides how old they are."""

from datetime import datetime

from django.db import connections


def now(using: str) -> datetime:
    """Return the server's time, aware."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment
