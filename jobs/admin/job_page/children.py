"""The parent and the children of a job, for its page."""

from dataclasses import dataclass
from typing import Any

from jobs import access, stats
from jobs.admin.digest import digest_of
from jobs.admin.display.numbers import capped_count
from jobs.models import Job, Status
from jobs.stats import Read

COUNTED_CHILDREN = 10_000


@dataclass(frozen=True)
class Children:
    """The number of children in each status, of the first 10,000."""

    by_status: dict[str, int]

    @property
    def total(self) -> str:
        """The number of all children: "12", or "10,000+"."""
        return capped_count(sum(self.by_status.values()), COUNTED_CHILDREN)

    @property
    def tag(self) -> str:
        """A short text that changes with the counts."""
        return digest_of(sorted(self.by_status.items()), size=3)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self.by_status.get(Status.PENDING, 0)

    @property
    def rows(self) -> list[tuple[str, str, int]]:
        """Status, its label and count, for each status that a child has."""
        found = self.by_status
        return [(one.value, one.label, found[one]) for one in Status if one in found]


def children_reads(user: Any, job: Job) -> dict[str, Read]:
    """The read of the job's children, None without one; no read before the first attempt.

    Source: index jobs_job_one_per_child_key.
    """
    if not job.attempt:
        return {}
    children = access.visible_jobs(user).filter(parent=job.pk).order_by()
    counts = stats.counts_of_first_read(children, COUNTED_CHILDREN)
    return {"children": counts.then(lambda found: Children(found) if found else None)}


def children_of(user: Any, job: Job) -> Children | None:
    """The children of the job; None without one. One query, none before the first attempt."""
    reads = children_reads(user, job)
    found: Children | None = stats.in_time(reads["children"]) if reads else None
    return found


def visible_parent(user: Any, job: Job) -> Job | None:
    """The job whose handler launched this one; None if it is gone or the user may not see it."""
    return job.parent if job.parent_id in access.visible_origins(user, [job]) else None
