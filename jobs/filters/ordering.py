"""The order of lists of jobs: by columns that an index keeps in order behind every filter."""

from collections.abc import Collection

from django.core.exceptions import ValidationError

from jobs.models import ACTIVE, SETTLED

NEWEST_ID = "-id"
ORDERINGS = (NEWEST_ID, "id", "-finished_at")


def chosen_order(ordering: str | None, statuses: Collection[str]) -> tuple[str, ...]:
    """Return the columns of the order that a caller chose; newest first without a choice.

    `statuses` are those that the filters leave.
    Raises: ValidationError.
    """
    if ordering is None:
        return (NEWEST_ID,)
    if ordering not in ORDERINGS:
        raise ValidationError(f"{ordering!r} is not one of: {', '.join(ORDERINGS)}.")
    if ordering != "-finished_at":
        return (ordering,)
    if set(statuses) & set(ACTIVE):
        needed = f"active=false or status={','.join(SETTLED)}"
        raise ValidationError(f"-finished_at needs {needed}.")
    return ("-finished_at", "-id")
