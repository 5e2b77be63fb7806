"""The error of a failed job on its page: its name, its message, where it happened, how often."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.utils import timezone

from jobs import access, explain, registry
from jobs.admin_site import admin_url
from jobs.handler.frames import Frame, frames_of
from jobs.models import Job, Status
from jobs.stats import GLANCE

FAILURE_PERIOD = timedelta(days=7)


@dataclass(frozen=True)
class JobError:
    """The error of a job: `own` are the frames of the handler's project, innermost first."""

    code: str
    title: str
    message: str
    own: list[Frame]
    others: list[Frame]
    traceback: str


@dataclass(frozen=True)
class SameFailures:
    """How often jobs of the type failed with this error lately, and the address of these jobs.

    The address is "" if it needs a type that no longer exists: the list does not know it.
    """

    count: str
    address: str


def error_of(job: Job) -> JobError | None:
    """The error of a failed job; None for others."""
    if job.status != Status.FAILED:
        return None
    title = explain.error_name(job.error_code, job.error_type)
    own, others = frames_of(job.error_traceback, job.type)
    return JobError(job.error_code, title, job.error_message, own, others, job.error_traceback)


def same_failures(user: Any, job: Job) -> SameFailures | None:
    """The failures of the last 7 days that are like the job's; None if it is the only one.

    One query: the last GLANCE failures with its fingerprint, by index jobs_job_fingerprint_id.
    Without one, those of its type, by jobs_job_status_type.
    """
    if job.status != Status.FAILED:
        return None
    since = timezone.now() - FAILURE_PERIOD
    group, like_it = _alike(job)
    visible = access.visible_jobs(user).filter(status=Status.FAILED, **group)
    last = visible.order_by("-id").values("pk")[:GLANCE]
    counts = Job.objects.filter(pk__in=last).aggregate(
        read=Count("pk"),
        oldest=Min("finished_at"),
        same=Count("pk", filter=Q(finished_at__gte=since, **like_it)),
    )
    if counts["same"] < 2:
        return None
    more = "+" if counts["read"] == GLANCE and counts["oldest"] >= since else ""
    filters = {"status": Status.FAILED.value, **group, **like_it}
    filters["finished_after"] = since.isoformat(timespec="seconds")
    set_filters = {name: value for name, value in filters.items() if value}
    address = f"{admin_url('jobs_job_changelist')}?{urlencode(set_filters)}"
    if "type" in group and registry.find(job.type) is None:
        address = ""
    return SameFailures(f"{counts['same']:,}{more}", address)


def _alike(job: Job) -> tuple[dict[str, str], dict[str, str]]:
    """The column by whose index failures like the job's are found, and what else they share."""
    if job.fingerprint:
        return {"fingerprint": job.fingerprint}, {}
    return {"type": job.type}, {"error_code": job.error_code, "error_type": job.error_type}
