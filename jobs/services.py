"""What people ask for, whichever door they come by: submit a job. Opens transactions, publishes after commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from uuid_utils.compat import uuid7

from jobs import access, lifecycle, parameters, registry
from jobs.engine import publishing
from jobs.engine.publishing import BrokerUnavailable
from jobs.models import Job, Source
from jobs.registry import JobType

DATABASE_AWAY = (OperationalError, InterfaceError)


class NotPermitted(Exception):
    """The caller may not do this."""


class DatabaseUnavailable(Exception):
    """PostgreSQL is away; nothing was accepted."""


class OutcomeUnknown(Exception):
    """PostgreSQL went away at the wrong moment: the job may or may not have been accepted."""

    def __init__(self, job_id: UUID) -> None:
        super().__init__(f"whether job {job_id} was accepted is not known")
        self.job_id = job_id


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, and by which door. `user` is None for a command, which may do anything."""

    user: Any
    name: str
    source: Source
    request_id: str = ""


def submit(
    caller: Caller, *, name: str = "", type: str | None = None, params: Mapping[str, Any] | None = None
) -> Job:
    """Accept one job: stored as PENDING, then published.

    Raises: UnknownJobType, NotPermitted, InvalidParams (nothing stored); BrokerUnavailable, DatabaseUnavailable
    (nothing stays, it never runs); OutcomeUnknown.
    """
    job_type = chosen_type(name, type)
    if caller.user is not None and not access.may_launch(caller.user, job_type):
        raise NotPermitted(f'You may not launch "{job_type.label}".')
    new = Job(
        id=uuid7(),
        name=name or job_type.label,
        type=job_type.slug,
        params=parameters.validate(job_type, params or {}),
        queue=job_type.queue,
        created_by=caller.user,
        created_by_name=caller.name,
        source=caller.source,
        request_id=caller.request_id,
        unique_key="" if job_type.unique_while_active else None,
    )
    job = _insert(new, caller)
    _publish_or_withdraw(job)
    return job


def chosen_type(name: str, type: str | None) -> JobType:
    """The type that is meant: `type` if given, else the one labelled `name`, else the default type.

    Raises: UnknownJobType.
    """
    if type is not None:
        return registry.get(type)
    return registry.by_label(name) or registry.get(settings.JOBS_DEFAULT_TYPE)


def _insert(new: Job, caller: Caller) -> Job:
    inserted = False
    try:
        # durable: refuses an outer transaction, in which the publish would precede the commit.
        with transaction.atomic(durable=True):
            [job] = lifecycle.submit([new], actor=caller.name)
            inserted = True
    except DATABASE_AWAY as error:
        raise OutcomeUnknown(new.id) if inserted else DatabaseUnavailable from error
    return job


def _publish_or_withdraw(job: Job) -> None:
    try:
        publishing.publish(job.id, job.queue)
    except BrokerUnavailable:
        # The message may have arrived all the same: only the row decides whether the job exists.
        try:
            withdrawn = lifecycle.withdraw([job.id])
        except DATABASE_AWAY as error:
            raise OutcomeUnknown(job.id) from error
        if withdrawn:
            raise
