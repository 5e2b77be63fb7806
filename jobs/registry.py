"""The registry of job types. A module registers its types when `jobs.discovery` imports it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobs.errors import UnknownJobType
from jobs.limits import Limit
from jobs.options import problems, unknown_or_missing
from jobs.safe_text import composed

if TYPE_CHECKING:
    from django.forms import Form

Handler = Callable[..., dict[str, Any] | None]
# The queue of the built-in types that act on other jobs. Separate workers serve it, so that those
# jobs cannot take the slots that a bulk action needs.
MAINTENANCE = "maintenance"


@dataclass(frozen=True, kw_only=True)
class JobType:
    """A handler, its form, and the rules for its jobs. Durations are in seconds."""

    slug: str
    label: str
    description: str
    form: type[Form]
    run: Handler
    queue: str = "default"
    permission: str | None = None
    permission_for: Callable[[Mapping[str, Any]], str | None] | None = None
    time_limit: float = 600
    cancel_grace: float = 10
    max_attempts: int = 1
    unique_while_active: bool = False
    max_running: int | None = None
    max_running_by: str = ""
    retention_days: int = 30
    secret_fields: tuple[str, ...] = ()
    upload_limit: int | None = None
    upload_kinds: tuple[str, ...] = ()
    group: str = ""
    is_maintenance: bool = False
    from_list: bool = False

    def __post_init__(self) -> None:
        if found := problems(vars(self)):
            raise ValueError("\n".join(found))

    @cached_property
    def folded_label(self) -> str:
        """The label as names are compared with it."""
        return _folded(self.label)

    @property
    def limit(self) -> Limit | None:
        """How many of its jobs run at a time, unless the site has a limit of its own."""
        return Limit(self.max_running, self.max_running_by) if self.max_running else None


_registered: dict[str, JobType] = {}
OPTIONS = {field.name for field in fields(JobType)} - {"run"}
NAMED_OPTIONS = "Write @job_type(slug=..., label=..., description=..., form=...)."
REQUIRED = {field.name for field in fields(JobType) if field.default is MISSING} - {"run"}


def job_type(*unnamed: Any, **options: Any) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of a job type; `options` are JobType's fields.

    Raises: ValueError if an option is wrong, unknown, missing or `unnamed`, or the slug or label is
    taken.
    """
    if unnamed:  # such as the handler, under a plain @job_type
        about = getattr(unnamed[0], "__name__", repr(unnamed[0])[:100])
        raise ValueError(f"Job type of {about}: @job_type takes options by name. {NAMED_OPTIONS}")

    def register(run: Handler) -> Handler:
        if found := unknown_or_missing(options, OPTIONS, REQUIRED):
            raise ValueError("\n".join(found))
        new = JobType(run=run, **options)
        for known in _registered.values():
            if known.slug == new.slug or known.folded_label == new.folded_label:
                raise ValueError(
                    f"Job type {new.slug!r}: its slug, or its label {new.label!r}, is taken by the "
                    f"job type {known.slug!r} ({known.label!r}) in {known.run.__module__}. "
                    "Give it another one."
                )
        _registered[new.slug] = new
        return run

    return register


def unregister(slug: str) -> None:
    """Remove a job type; tests do this with their own."""
    _registered.pop(slug, None)


def get(slug: str) -> JobType:
    """Return the job type with this slug.

    Raises: UnknownJobType.
    """
    if (found := find(slug)) is None:
        raise UnknownJobType(slug)
    return found


def find(slug: str) -> JobType | None:
    """Return the job type with this slug; None if it does not exist, or no longer."""
    return _registered.get(slug)


def by_label(label: str) -> JobType | None:
    """Return the job type with this label, ignoring case; None if there is none."""
    wanted = _folded(label.strip())
    return next((one for one in _registered.values() if one.folded_label == wanted), None)


def _folded(label: str) -> str:
    return composed(label.casefold())


def all() -> Iterator[JobType]:
    """Return every job type, by label."""
    return iter(sorted(_registered.values(), key=lambda one: one.label))


def limits() -> dict[str, Limit]:
    """Return the limits that types declare, by slug."""
    return {one.slug: one.limit for one in _registered.values() if one.limit}


def queues() -> list[str]:
    """Return the queues of the registered types, sorted.

    A worker started without -Q serves all of them except MAINTENANCE.
    """
    return sorted({one.queue for one in _registered.values()})
