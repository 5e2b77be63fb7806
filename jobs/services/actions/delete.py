"""Delete: remove a settled job and everything that belongs to it."""

from uuid import UUID

from django.contrib.admin.models import DELETION, LogEntry
from django.db import DEFAULT_DB_ALIAS, transaction

from jobs import access, database, lifecycle, storage
from jobs.durations import clock
from jobs.errors import InvalidTransition, NotPermitted
from jobs.models import SETTLED, Job
from jobs.services.actions.action import Acted, Action
from jobs.services.caller import Caller, visible


def delete(caller: Caller, job_id: UUID) -> None:
    """Delete a settled job with its events, log, files and TaskResult.

    If an account deletes it, the admin's log has an entry.

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
    database.after_commit(lambda: storage.discard(stored_names, using=DEFAULT_DB_ALIAS))


def _why_not_deleted(job: Job) -> str:
    if not job.is_settled:
        return f"The job is {job.get_status_display().lower()}; only settled jobs can be deleted."
    until = job.created_at + lifecycle.KEY_REMEMBERED
    return f"The job is remembered for its idempotency key. It can be deleted after {clock(until)}."


def _delete(caller: Caller, job_id: UUID, note: str, key: str | None) -> Acted:
    delete(caller, job_id)
    return Acted(None)


DELETE = Action(
    name="delete",
    label="Delete",
    done="deleted",
    summary="Delete a settled job with its log, history and files.",
    statuses=SETTLED,
    run=_delete,
    deletes=True,
    logs_itself=True,
    allowed=access.may_delete,
    allowed_on=lambda user, job: access.may_delete(user),
    refused=lifecycle.remembered,
    button="Delete job",
    is_dangerous=True,
    question=(
        "The job is deleted with its log, timeline, Celery result and files. This cannot be undone."
    ),
    not_yet="Only jobs that have ended can be deleted. Cancel it first.",
    warning="Their records, logs, histories and files are deleted. This cannot be undone.",
    bulk_label="Delete many",
    bulk_summary="Deletes every settled job that a filter matches.",
    bulk_permission="jobs.delete_job",
)
