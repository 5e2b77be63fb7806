"""The stored files that the database knows: those of jobs and uploads."""

from collections.abc import Collection, Iterable

from jobs.models import JobFile, Upload


def known_names(names: Iterable[str], *, using: str) -> set[str]:
    """Return those of the stored names that a file of a job or an upload has."""
    wanted = list(names)
    return {
        name
        for model in (JobFile, Upload)
        for name in model._default_manager.using(using)
        .filter(stored_name__in=wanted)
        .values_list("stored_name", flat=True)
    }


def some_names(count: int, *, using: str) -> Collection[str]:
    """Return the stored names of the oldest and the newest files and uploads, `count` of each."""
    found: set[str] = set()
    for model in (JobFile, Upload):
        names = model._default_manager.using(using).values_list("stored_name", flat=True)
        found |= {*names.order_by("id")[:count], *names.order_by("-id")[:count]}
    return found
