"""What keeps jobs from starting: holds, limits of the site, and workers that are drained."""

from jobs.services.holding.drains import drain_worker, resume_worker, running_workers
from jobs.services.holding.holds import change_hold, hold, release_hold, visible_holds
from jobs.services.holding.limits import (
    LimitedType,
    limited_types,
    remove_site_limit,
    set_site_limit,
)

__all__ = [
    "LimitedType",
    "change_hold",
    "drain_worker",
    "hold",
    "limited_types",
    "release_hold",
    "remove_site_limit",
    "resume_worker",
    "running_workers",
    "set_site_limit",
    "visible_holds",
]
