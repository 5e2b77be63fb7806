"""The order of lists of jobs: by columns that an index keeps in order behind every filter."""

from collections.abc import Collection

from django.core.exceptions import ValidationError

from jobs.models import ACTIVE, SETTLED

NEWEST_ID = "-id"
ORDERINGS = (NEWEST_ID, "id", "-finished_at")
# Filters that bound created_at. JobFilters.filter_before says why the last two do.
OF_CREATION = {"created_after", "created_before", "started_before", "finished_before"}


def newest_first(given: Collection[str]) -> tuple[str, ...]:
    """Return the columns that order jobs newest first under these filters; the last is unique.

    Both orders say the same, because ids are UUIDv7. A range of times is read from the index of
    created_at: by id PostgreSQL would walk past everything newer.
    """
    return ("-created_at", "-id") if OF_CREATION & set(given) else (NEWEST_ID,)


def chosen_order(
    ordering: str | None, given: Collection[str], statuses: Collection[str]
) -> tuple[str, ...]:
    """Return the columns of the order that a caller chose; newest first without a choice.

    `given` are the names of the filters, `statuses` those that the filters leave.
    Raises: ValidationError.
    """
    if ordering is None:
        return newest_first(given)
    if ordering not in ORDERINGS:
        raise ValidationError(f"{ordering!r} is not one of: {', '.join(ORDERINGS)}.")
    if ordering != "-finished_at":
        return (ordering,)
    if set(statuses) & set(ACTIVE):
        needed = f"active=false or status={','.join(SETTLED)}"
        raise ValidationError(f"-finished_at needs {needed}.")
    return ("-finished_at", "-id")
