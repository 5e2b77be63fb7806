"""What the head of a job's page links to: the jobs ahead."""

from typing import Any
from urllib.parse import urlencode

from jobs.admin_site import admin_url
from jobs.models import Job, Status


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
