"""Pause moves a waiting job to another queue; shred deletes a job; stop ends many at a time."""

from django.db.models import Q

from jobs import access, lifecycle
from jobs.errors import InvalidTransition, NotPermitted
from jobs.models import ACTIVE, SETTLED, Job, Status
from jobs.services.actions.action import Acted, Action, OneStatement
from jobs.services.caller import visible


def pause(caller, job_id, note, key):
    """Move the job to the queue "paused", if the caller may cancel it."""
    job = visible(caller, job_id)
    if not access.may_cancel(caller.user, job):
        raise NotPermitted("You may pause only your own jobs.")
    waiting = Job.objects.filter(id=job_id, status=Status.PENDING)
    if not waiting.update(queue="paused", cancel_reason=note):
        raise InvalidTransition("Only waiting jobs are paused.")
    return Acted(visible(caller, job_id))


def shred(caller, job_id, note, key):
    """Delete a settled job, if the caller may delete jobs."""
    visible(caller, job_id)
    if not access.may_delete(caller.user):
        raise NotPermitted("You may not shred jobs.")
    if lifecycle.remove([job_id]) is None:
        raise InvalidTransition("Only settled jobs are shredded.")
    return Acted(None)


def stop_many(caller, jobs, note):
    """Cancel the waiting ones of the jobs; return their ids."""
    waiting = [job.id for job in jobs if job.status == Status.PENDING]
    return set(lifecycle.cancel_all_waiting(waiting, actor=caller.name, reason=note))


def stop(caller, job_id, note, key):
    """Cancel the job if it waits."""
    if not stop_many(caller, [visible(caller, job_id)], note):
        raise InvalidTransition("Only waiting jobs are stopped.")
    return Acted(visible(caller, job_id))


PAUSE = Action(
    name="pause",
    label="Pause",
    done="paused",
    summary="Pause a waiting job.",
    statuses=(Status.PENDING,),
    run=pause,
    allowed=access.may_cancel_some,
    allowed_on=access.may_cancel,
    reachable=access.cancellable,
    note="reason",
    note_label="Why?",
    button="Pause job",
    bulk_label="Pause many",
    bulk_summary="Pauses every waiting job that a filter matches.",
)

SHRED = Action(
    name="shred",
    label="Shred",
    done="shredded",
    summary="Shred a settled job.",
    statuses=SETTLED,
    run=shred,
    deletes=True,
    allowed=access.may_delete,
    allowed_on=lambda user, job: access.may_delete(user),
    button="Shred job",
    question="The job cannot be put together again.",
    bulk_label="Shred many",
    bulk_summary="Shreds every settled job that a filter matches.",
)

# Done to many in one statement, without a note, and possible for running jobs.
STOP = Action(
    name="stop",
    label="Stop",
    done="stopped",
    summary="Stop a job.",
    statuses=ACTIVE,
    run=stop,
    allowed=access.may_cancel_some,
    allowed_on=access.may_cancel,
    reachable=access.cancellable,
    button="Stop job",
    bulk_label="Stop many",
    bulk_summary="Stops every job that a filter matches.",
    one_statement=OneStatement(
        statuses=(Status.PENDING,),
        run=stop_many,
        done_since=lambda caller, moment: Q(status=Status.CANCELLED, finished_at__gte=moment),
    ),
)
