"""What the head of a job's page says beside its explanation: the rate, and the jobs ahead."""

from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from jobs import explain
from jobs.admin_site import admin_url
from jobs.models import Job, Status


def progress_rate(job: Job) -> str:
    """How fast a running job advances: "about 12 % a minute"; "" while there is no estimate."""
    if explain.run_eta_seconds(job) is None or job.started_at is None or not job.progress_percent:
        return ""
    minutes = (timezone.now() - job.started_at).total_seconds() / 60
    by_minute = job.progress_percent / minutes
    rate, unit = (by_minute, "minute") if by_minute >= 1 else (60 * by_minute, "hour")
    return f"about {rate:,.0f} % a {unit}" if rate >= 1 else ""


def jobs_ahead_url(user: Any, job: Job, ahead: int) -> str:
    """The address of the jobs ahead in the list; "" if there are none, or the user may not see all.

    They were created before, unless one of them was put back into the queue.
    """
    if job.status != Status.PENDING or not ahead or not user.has_perm("jobs.view_job"):
        return ""
    filters = {
        "status": Status.PENDING,
        "queue": job.queue,
        "created_before": job.created_at.isoformat(),
    }
    return f"{admin_url('jobs_job_changelist')}?{urlencode(filters)}"
