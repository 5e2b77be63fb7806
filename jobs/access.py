"""Who may see and do what: one function for the jobs a caller sees, one for each thing a caller may do."""

from typing import Any

from jobs.models import Job, JobQuerySet
from jobs.registry import JobType


def visible_jobs(user: Any) -> JobQuerySet:
    """The jobs `user` may see: all with jobs.view_job, else those they created."""
    if user.has_perm("jobs.view_job"):
        return Job.objects.all()
    return Job.objects.filter(created_by=user)


def may_launch(user: Any, job_type: JobType) -> bool:
    """Whether `user` may launch jobs of this type."""
    permitted = job_type.permission is None or user.has_perm(job_type.permission)
    return permitted and user.has_perm("jobs.add_job")
