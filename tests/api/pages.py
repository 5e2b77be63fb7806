"""What the tests of lists share."""

from datetime import UTC, datetime
from typing import Any

JOBS = "/api/v1/jobs/"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def names(page: dict[str, Any]) -> list[str]:
    """The names of the jobs on a page, in its order."""
    return [job["name"] for job in page["results"]]
