"""Permissions: which jobs, results and files a user sees, and what the user may do to them.

`user` is None for a command. Anyone who can run commands controls the machine, so commands may do
everything.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django_celery_results.models import TaskResult

from jobs import parameters, registry
from jobs.models import Job, JobFile, JobQuerySet, Upload
from jobs.registry import JobType

HOLD = "jobs.hold_job"


def sees_all_jobs(user: Any) -> bool:
    """Whether `user` may see the jobs of every user."""
    return user is None or user.has_perm("jobs.view_job")


def visible_jobs(user: Any) -> JobQuerySet:
    """The jobs that `user` may see: all with jobs.view_job, else the user's own."""
    if sees_all_jobs(user):
        return Job.objects.all()
    return Job.objects.filter(created_by=user)


def may_see(user: Any, job: Job) -> bool:
    """Whether `user` may see the job: an own one, or any with jobs.view_job."""
    return sees_all_jobs(user) or job.created_by_id == user.pk


def visible_origins(user: Any, jobs: Iterable[Job]) -> set[UUID]:
    """The ids of the visible jobs from which `jobs` were launched again, and of their parents.

    One query for users who see only their own jobs, none for others.
    """
    ids = {id for job in jobs for id in (job.rerun_of_id, job.parent_id) if id is not None}
    if not ids or sees_all_jobs(user):
        return ids
    return set(visible_jobs(user).filter(id__in=ids).values_list("id", flat=True))


def visible_results(user: Any) -> QuerySet[TaskResult]:
    """The Celery results that `user` sees: all with jobs.view_job, else those of the user's jobs.

    The caller has checked that the user may view results.
    """
    if sees_all_jobs(user):
        return TaskResult.objects.all()
    return TaskResult.objects.filter(jobs__created_by=user)


def may_see_some(user: Any) -> bool:
    """Whether `user` may see jobs in the admin: all, or own ones if the user may launch jobs."""
    return sees_all_jobs(user) or may_launch_some(user)


def may_launch_some(user: Any) -> bool:
    """Whether `user` may launch jobs of the types without a permission of their own."""
    return user is None or user.has_perm("jobs.add_job")


def may_cancel_some(user: Any) -> bool:
    """Whether there may be jobs that `user` may cancel or acknowledge.

    With jobs.cancel_job these are all jobs, with jobs.add_job the user's own.
    """
    return user is None or user.has_perm("jobs.cancel_job") or may_launch_some(user)


def may_launch(user: Any, job_type: JobType) -> bool:
    """Whether `user` may launch jobs of this type, at least with some params."""
    return not missing_permission(user, job_type)


def missing_permission(
    user: Any, job_type: JobType, params: Mapping[str, Any] | None = None
) -> str:
    """The first permission that `user` lacks to launch the type, or "".

    With the validated `params`, the permission that they need is checked as well.
    """
    needed = ["jobs.add_job", job_type.permission, _permission_for(job_type, params)]
    return next((one for one in needed if one and user is not None and not user.has_perm(one)), "")


def _permission_for(job_type: JobType, params: Mapping[str, Any] | None) -> str | None:
    if params is None or job_type.permission_for is None:
        return None
    return job_type.permission_for(params)


def files(user: Any, job: Job) -> QuerySet[JobFile]:
    """The files of a visible job: none if its params need a permission that `user` lacks."""
    return job.files.all() if _may_read_files(user, job) else job.files.none()


def job_uploads(user: Any, job: Job) -> QuerySet[Upload]:
    """The uploads of a visible job: none if its params need a permission that `user` lacks."""
    return job.uploads.all() if _may_read_files(user, job) else job.uploads.none()


def _may_read_files(user: Any, job: Job) -> bool:
    job_type = registry.find(job.type)
    if user is None or job_type is None or job_type.permission_for is None:
        return True
    # The params, which may be long, are only read if the permission depends on them.
    needed = [job_type.permission_for(params) for params in parameters.readings_of(job_type, job)]
    return all(one is None or user.has_perm(one) for one in needed)


def own_uploads(user: Any) -> QuerySet[Upload]:
    """The uploads that `user` sent; a command may use those of every user.

    Only these may be named as a parameter, and read or deleted by their id.
    """
    return Upload.objects.all() if user is None else Upload.objects.filter(created_by=user)


def may_cancel(user: Any, job: Job) -> bool:
    """Whether `user` may cancel or acknowledge the job: an own one, or any with jobs.cancel_job."""
    return user is None or job.created_by_id == user.pk or user.has_perm("jobs.cancel_job")


def cancellable(user: Any, jobs: JobQuerySet) -> JobQuerySet:
    """Those of `jobs` that `user` may cancel or acknowledge."""
    if user is None or user.has_perm("jobs.cancel_job"):
        return jobs
    return jobs.filter(created_by=user)


def may_hold(user: Any) -> bool:
    """Whether `user` may hold jobs, limit types and drain workers."""
    return user is None or user.has_perm(HOLD)


def may_see_workers(user: Any) -> bool:
    """Whether `user` may see the live workers."""
    return sees_all_jobs(user) or may_hold(user)


def may_delete(user: Any) -> bool:
    """Whether `user` may delete the settled jobs that the user sees."""
    return user is None or user.has_perm("jobs.delete_job")


def may_launch_again(user: Any, job: Job) -> bool:
    """Whether `user` may launch the job again with its params.

    The params are only fetched if the permission depends on them.
    """
    job_type = registry.find(job.type)
    if job_type is None:
        return False
    params = job.params if job_type.permission_for else None
    return not missing_permission(user, job_type, params)


def load_params(jobs: Iterable[Job]) -> None:
    """Fetch the deferred params of the jobs for which `may_launch_again` reads them.

    At most one query for the whole list.
    """
    wanted = [
        job
        for job in jobs
        if job.is_settled and _params_matter(job) and "params" in job.get_deferred_fields()
    ]
    if wanted:
        found = dict(
            Job.objects.filter(id__in=[job.id for job in wanted]).values_list("id", "params")
        )
        for job in wanted:
            job.params = found.get(job.id, {})


def _params_matter(job: Job) -> bool:
    job_type = registry.find(job.type)
    return job_type is not None and job_type.permission_for is not None
