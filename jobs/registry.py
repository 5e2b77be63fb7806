"""The job types: what can run. Pure Python; a file in jobs/types/ registers itself here when it is imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.text import composed

if TYPE_CHECKING:
    from django.forms import Form

Handler = Callable[..., dict[str, Any] | None]
SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
# The queue of the built-in types that act on jobs. Workers of its own serve it, so that the jobs which a bulk action
# is about cannot fill its slots.
MAINTENANCE = "maintenance"


class UnknownJobType(LookupError):
    """No job type has this slug."""


@dataclass(frozen=True, kw_only=True)
class JobType:
    """What can run, and how it is treated. Durations in seconds."""

    slug: str
    label: str
    description: str
    form: type[Form]
    run: Handler
    queue: str = "default"
    permission: str | None = None
    permission_for: Callable[[Mapping[str, Any]], str | None] | None = None
    time_limit: int = 600
    cancel_grace: int = 10
    max_attempts: int = 1
    unique_while_active: bool = False
    retention_days: int = 30
    secret_fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not SLUG.fullmatch(self.slug):
            raise ValueError(f"job type slug {self.slug!r}: lower-case letters, digits and _, a letter first")
        if self.max_attempts < 1:
            raise ValueError(f"job type {self.slug}: max_attempts is {self.max_attempts}, needs 1 or more")


_types: dict[str, JobType] = {}


def job_type(**options: Any) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of a job type; `options` are JobType's fields.

    Raises: ValueError for a slug or label that is already taken.
    """

    def register(run: Handler) -> Handler:
        new = JobType(run=run, **options)
        for known in _types.values():
            if known.slug == new.slug or known.label.casefold() == new.label.casefold():
                raise ValueError(
                    f"job type {new.slug} ({new.label}) collides with {known.slug} ({known.label})"
                )
        _types[new.slug] = new
        return run

    return register


def unregister(slug: str) -> None:
    """Forget a job type, as a test does with its own."""
    _types.pop(slug, None)


def get(slug: str) -> JobType:
    """The job type with this slug.

    Raises: UnknownJobType.
    """
    if (found := find(slug)) is None:
        raise UnknownJobType(slug)
    return found


def find(slug: str) -> JobType | None:
    """The job type with this slug; None if there is none, as for a job that outlived its type."""
    return _types.get(slug)


def by_label(label: str) -> JobType | None:
    """The job type whose label equals `label`, upper and lower case alike; None if there is none."""
    wanted = composed(label.strip().casefold())
    return next((one for one in _types.values() if composed(one.label.casefold()) == wanted), None)


def all() -> Iterator[JobType]:
    """Every job type, by label."""
    return iter(sorted(_types.values(), key=lambda one: one.label))


def queues() -> list[str]:
    """The queues that the registered types name, sorted. A worker started without -Q serves all but MAINTENANCE."""
    return sorted({one.queue for one in _types.values()})
