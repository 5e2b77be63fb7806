"""What people do with a job that exists: cancel, acknowledge, delete. Each may be asked twice."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.contrib.admin.models import DELETION, LogEntry
from django.db import DEFAULT_DB_ALIAS, transaction

from jobs import access, lifecycle, storage
from jobs.errors import InvalidTransition, NotPermitted
from jobs.models import Job, Status
from jobs.services.caller import Caller, visible

TRIES = 3


def cancel(caller: Caller, job_id: UUID, reason: str = "") -> Job:
    """Cancel a waiting job, or ask a running one to stop (then it is still PROCESSING); twice is once.

    Raises: Job.DoesNotExist, NotPermitted; InvalidTransition if the job has COMPLETED or FAILED.
    """
    job = visible(caller, job_id)
    if not access.may_cancel(caller.user, job):
        raise NotPermitted("You may cancel only your own jobs.")
    for _ in range(TRIES):  # a claim or a rescue may come in between
        moved = lifecycle.cancel_waiting(
            job_id, actor=caller.name, reason=reason
        ) or lifecycle.request_cancel(job_id, actor=caller.name, reason=reason)
        job = moved or Job.objects.get(id=job_id)
        asked_before = job.status == Status.PROCESSING and job.cancel_requested_at is not None
        if moved or asked_before or job.status == Status.CANCELLED:
            return job
        if job.is_settled:
            break
    raise InvalidTransition(
        f"The job is {job.get_status_display().lower()}; it cannot be cancelled any more."
    )


def cancel_many(caller: Caller, jobs: Iterable[Job], reason: str = "") -> set[UUID]:
    """Cancel those of the jobs that wait and that the caller may cancel, in one statement; returns their ids.

    A job that a worker takes at that moment is left out: `cancel` asks it to stop.
    """
    waiting = [
        job.id
        for job in jobs
        if job.status == Status.PENDING and access.may_cancel(caller.user, job)
    ]
    if not waiting:
        return set()
    return set(lifecycle.cancel_all_waiting(waiting, actor=caller.name, reason=reason))


def acknowledge(caller: Caller, job_id: UUID, note: str = "") -> Job:
    """Mark a failed job as seen; returns it as it was.

    Raises: Job.DoesNotExist, NotPermitted; InvalidTransition if it has not FAILED, or was
    acknowledged before.
    """
    job = visible(caller, job_id)
    if not access.may_cancel(caller.user, job):
        raise NotPermitted("You may acknowledge only your own jobs.")
    if not lifecycle.acknowledge(Job.objects.filter(id=job_id), actor=caller.name, note=note):
        raise InvalidTransition(
            "There is no failure to acknowledge, or it was acknowledged before."
        )
    return job


def delete(caller: Caller, job_id: UUID) -> None:
    """Delete a settled job with its events, log, files and TaskResult; an account's deletion has a LogEntry.

    Raises: Job.DoesNotExist, NotPermitted; InvalidTransition while the job is active, or is
    remembered for its idempotency key.
    """
    job = visible(caller, job_id)
    if not access.may_delete(caller.user):
        raise NotPermitted("You may not delete jobs.")
    with transaction.atomic():
        stored_names = lifecycle.remove([job_id])
        if stored_names is None:
            raise InvalidTransition(_why_not_deleted(job))
        if caller.user is not None:
            LogEntry.objects.log_actions(caller.user.pk, [job], DELETION, single_object=True)
    storage.discard(stored_names, using=DEFAULT_DB_ALIAS)


def _why_not_deleted(job: Job) -> str:
    if not job.is_settled:
        return f"The job is {job.get_status_display().lower()}; only settled jobs can be deleted."
    hours = lifecycle.KEY_REMEMBERED // timedelta(hours=1)
    return f"The job was submitted with an idempotency key less than {hours} hours ago and is remembered for it."
