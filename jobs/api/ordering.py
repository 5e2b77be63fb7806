"""The order of the job list: one that an index keeps for every filter."""

from rest_framework.request import Request

from jobs.api.filters import statuses
from jobs.api.http.requests import invalid_parameter
from jobs.models import ACTIVE, SETTLED

NEWEST = "-id"
ALLOWED = (NEWEST, "id", "-finished_at")
# Filters that bound created_at; filters.py says why the last two do.
BY_TIME = {"created_after", "created_before", "started_before", "finished_before"}


def order(request: Request) -> tuple[str, ...]:
    """The columns to order by, the last one unique.

    Raises: Problem (400).
    """
    query = request.query_params
    wanted = query.get("ordering")
    if wanted is None:
        # Both say newest first, ids being UUIDv7; a range of times is read from the index of those
        # times.
        return ("-created_at", "-id") if BY_TIME & set(query) else (NEWEST,)
    if wanted not in ALLOWED:
        raise invalid_parameter("ordering", f"{wanted!r} is none of: {', '.join(ALLOWED)}.")
    if wanted == "-finished_at":
        if statuses(request) & set(ACTIVE):
            raise invalid_parameter(
                "ordering", f"-finished_at needs active=false or status={','.join(SETTLED)}."
            )
        return ("-finished_at", "-id")
    return (wanted,)
