"""What follows after a bulk job launched others again: links to them and to the originals."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from jobs import access
from jobs.admin.job_page.children import Children
from jobs.admin_site import admin_url
from jobs.filters import JobFilters
from jobs.models import Job, Status
from jobs.services import ACKNOWLEDGE, RERUN


@dataclass(frozen=True)
class LaunchedAgain:
    """The number and the list of the new jobs; `originals` asks to acknowledge what they repeat.

    `originals` is "" if there is nothing to acknowledge.
    """

    count: str
    url: str
    originals: str


def launched_again(user: Any, job: Job, launched: Children | None) -> LaunchedAgain | None:
    """What the page of a bulk job offers that launched jobs again; None for others."""
    if job.type != RERUN.job_type or launched is None or not job.is_settled:
        return None
    url = f"{admin_url('jobs_job_changelist')}?parent={job.pk}"
    return LaunchedAgain(launched.total, url, _originals(user, job))


def _originals(user: Any, job: Job) -> str:
    """The question whether to acknowledge the failures that were launched again; one query.

    "" if the bulk job left out some of the jobs that matched: no filter tells these apart.
    """
    result = job.result or {}
    if job.status != Status.COMPLETED or result.get("skipped") or result.get("failed"):
        return ""
    query = QueryDict(str(job.params.get("filters", "")), mutable=True)
    if Status.FAILED not in JobFilters(query.copy()).statuses or not ACKNOWLEDGE.allowed(user):
        return ""
    query.pop("active", None)
    query["status"], query["unseen"] = Status.FAILED.value, "on"
    # Those that have failed since were not launched again.
    query.setdefault("finished_before", job.params.get("as_of") or job.created_at.isoformat())
    failed = JobFilters(query, access.visible_jobs(user), user=user).qs
    if not ACKNOWLEDGE.reachable(user, failed).order_by().exists():
        return ""
    return f"{admin_url('jobs_job_confirm_acknowledge')}?{query.urlencode()}"
