"""The figures of one user or API token: today's jobs by status, and refused requests by reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from jobs import stats
from jobs.admin.display.numbers import capped_count
from jobs.admin_site import admin_url
from jobs.filters import NEWEST_ID, Owners
from jobs.models import Job, JobQuerySet, Status, TokenRefusal, ids_since
from jobs.stats import CAP

NEWEST_ROWS = 10
REFUSED_DAYS = 7
# Why requests were refused, for readers who do not know the codes of the API.
REFUSAL_REASONS = {
    "expired": "The token has expired",
    "deactivated": "The account is deactivated",
    "invalid": "The job or its parameters were not valid",
    "invalid_query": "The address had unknown or wrong filters",
    "parse_error": "The body was not JSON",
    "permission_denied": "The account lacks a permission",
    "not_found": "No such job, or not visible to the account",
    "conflict": "The job's status did not allow it",
    "already_active": "Another job of the type was active",
    "idempotency_key_reused": "An idempotency key was used for another request",
    "throttled": "Too many requests in a minute",
}


@dataclass(frozen=True)
class StatusCount:
    """The jobs of one status that were created today, and the address of their list."""

    status: Status
    count: str
    url: str


@dataclass(frozen=True)
class Today:
    """The jobs that were created since midnight, of at most the newest CAP."""

    since: datetime
    statuses: Sequence[StatusCount]
    total: str
    url: str
    success: str  # "97 %", of those that ended; "" if none did

    @classmethod
    def of(cls, jobs: JobQuerySet, filters: dict[str, str], owners: Owners) -> "Today":
        """Count `jobs` of `owners`, whose list has `filters`. One query, capped and timed.

        Source: indexes jobs_job_token, jobs_job_creator.
        """
        since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        newest = owners.first(jobs.filter(ids_since(since)), (NEWEST_ID,), CAP + 1)
        # The few jobs that are not of today are the last of them.
        counts = stats.counts_of_first(newest.filter(created_at__gte=since), CAP)
        filters = filters | {"created_after": since.isoformat()}
        total = None if counts is None else sum(counts.values())
        more = "+" if total and total > CAP else ""
        return cls(
            since=since,
            statuses=[
                StatusCount(
                    status,
                    "?" if counts is None else f"{counts.get(status, 0):,}{more}",
                    list_url(filters | {"status": status}),
                )
                for status in Status
            ],
            total=capped_count(total, CAP),
            url=list_url(filters),
            success=_share(counts or {}),
        )


def _share(counts: Any) -> str:
    completed, failed = counts.get(Status.COMPLETED, 0), counts.get(Status.FAILED, 0)
    ended = completed + failed
    # Rounded down, so that 100 % means that no job failed.
    return f"{completed * 100 // ended} %" if ended else ""


@dataclass(frozen=True)
class RefusedRow:
    """How many requests were refused for one reason."""

    reason: str
    code: str
    today: int
    week: int


def refused_rows(refusals: QuerySet[TokenRefusal]) -> list[RefusedRow]:
    """The refusals of the last seven days by reason, the most frequent first. One query."""
    today = timezone.localdate()
    found = (
        refusals.filter(day__gt=today - timedelta(days=REFUSED_DAYS))
        .values("reason")
        .annotate(week=Sum("count"), today=Sum("count", filter=Q(day=today), default=0))
        .order_by("-week", "reason")
    )
    return [
        RefusedRow(REFUSAL_REASONS.get(one["reason"], ""), one["reason"], one["today"], one["week"])
        for one in found
    ]


def newest_jobs(jobs: JobQuerySet, owners: Owners) -> list[Job]:
    """The newest of `jobs`, which are of `owners`, for a table."""
    newest = owners.first(jobs, (NEWEST_ID,), NEWEST_ROWS)
    return list(newest.without_large().select_related("created_by")[:NEWEST_ROWS])


def list_url(filters: dict[str, str]) -> str:
    """The address of the job list under `filters`."""
    return f"{admin_url('jobs_job_changelist')}?{urlencode(filters)}"
