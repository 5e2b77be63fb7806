"""Ranges of creation times as ranges of ids.

Ids are UUIDv7: they begin with the milliseconds of their creation. So the primary key serves ranges
of `created_at`, and so does every index that ends with the id.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

# The web server makes the id, PostgreSQL the time; their clocks may differ by this much.
CLOCK_MARGIN_MS = 60_000
LAST_MS = 2**48 - 1


def ids_since(at: datetime) -> Q:
    """Return the condition for all jobs that were created at `at` or later, and a few earlier ones.

    Indexes that end with the id answer it alone.
    """
    return Q(id__gte=_first_id(at, -CLOCK_MARGIN_MS))


def created_since(at: datetime) -> Q:
    """Return the condition for jobs that were created at `at` or later."""
    return Q(created_at__gte=at) & ids_since(at)


def created_before(at: datetime) -> Q:
    """Return the condition for jobs that were created before `at`."""
    return Q(created_at__lt=at, id__lt=_first_id(at, CLOCK_MARGIN_MS))


def first_id(at: datetime) -> UUID:
    """Return the lowest id of a job whose id was made at `at` or later."""
    return _first_id(at, 0)


def _first_id(at: datetime, offset_ms: int) -> UUID:
    milliseconds = int(at.timestamp() * 1000) + offset_ms
    return UUID(int=min(max(milliseconds, 0), LAST_MS) << 80)
