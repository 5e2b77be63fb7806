"""Acknowledge: mark a failed job as seen."""

from typing import Any
from uuid import UUID

from jobs import access, lifecycle
from jobs.errors import InvalidTransition, NotPermitted
from jobs.models import Job, JobQuerySet, Status
from jobs.services.actions.action import Acted, Action
from jobs.services.caller import Caller, visible


def acknowledge(caller: Caller, job_id: UUID, note: str = "") -> Job:
    """Mark a failed job as seen; return it as it is then.

    Raises: Job.DoesNotExist, NotPermitted; InvalidTransition if it has not FAILED, or was
    acknowledged before.
    """
    job = visible(caller, job_id)
    if not access.may_cancel(caller.user, job):
        raise NotPermitted("You may acknowledge only your own jobs.")
    if not lifecycle.mark_acknowledged(Job.objects.filter(id=job_id), actor=caller.name, note=note):
        raise InvalidTransition(
            "There is no failure to acknowledge, or it was acknowledged before."
        )
    return visible(caller, job_id)


def _already_acknowledged(job: Job) -> str:
    return "" if job.acknowledged_at is None else "had already been acknowledged"


def _not_acknowledged(user: Any, jobs: JobQuerySet) -> JobQuerySet:
    return access.cancellable(user, jobs).filter(acknowledged_at=None)


ACKNOWLEDGE = Action(
    name="acknowledge",
    label="Acknowledge",
    done="acknowledged",
    summary="Acknowledge the failure of a job.",
    statuses=(Status.FAILED,),
    run=lambda caller, job_id, note, key: Acted(acknowledge(caller, job_id, note)),
    allowed=access.may_cancel_some,
    allowed_on=access.may_cancel,
    reachable=_not_acknowledged,
    already=_already_acknowledged,
    note="note",
    note_label="Note",
    button="Acknowledge failure",
    bulk_label="Acknowledge many",
    bulk_summary="Acknowledges every failure that a filter matches.",
)
