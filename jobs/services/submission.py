"""Accepting jobs: stored as PENDING and committed, then published; what could not be published is withdrawn.

A caller's Idempotency-Key stands in the row itself, so that the same transaction that accepts a job remembers it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from uuid_utils.compat import uuid7

from jobs import lifecycle, parameters, registry
from jobs.engine import publishing
from jobs.engine.publishing import BrokerUnavailable
from jobs.lifecycle import AWAY, InvalidTransition
from jobs.models import Job, Status
from jobs.registry import JobType, UnknownJobType
from jobs.services.asking import (
    AlreadyActive,
    Caller,
    DatabaseUnavailable,
    InvalidBatch,
    InvalidName,
    KeyReused,
    NotPermitted,
    OutcomeUnknown,
    check_launch,
    visible,
)
from jobs.text import name_error

TRIES = 3


@dataclass(frozen=True)
class Launch:
    """What shall run: a name, a type's slug (None: chosen by the name), its params."""

    name: str = ""
    type: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


def submit(
    caller: Caller,
    *,
    name: str = "",
    type: str | None = None,
    params: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Job:
    """Accept one job: stored as PENDING, then published. Under a key that came before: that job, `replayed`.

    Raises: UnknownJobType, NotPermitted, InvalidName, InvalidParams, AlreadyActive, KeyReused (nothing stored);
    BrokerUnavailable, DatabaseUnavailable (nothing stays, it never runs); OutcomeUnknown.
    """
    launch = Launch(name, type, params or {})
    submission = Submission(caller, idempotency_key, _digest("submit", [launch]))
    if replayed := submission.replay():
        return replayed[0]
    return submission.accept([_new_job(caller, launch)])[0]


def submit_batch(caller: Caller, items: Sequence[Launch], *, idempotency_key: str | None = None) -> list[Job]:
    """Accept all the items, or none of them; the jobs, in the order given, share a batch_id.

    Raises: InvalidBatch, and whatever `submit` raises.
    """
    submission = Submission(caller, idempotency_key, _digest("batch", items))
    return submission.replay() or submission.accept(_new_batch(caller, items))


def rerun(
    caller: Caller,
    job_id: UUID,
    overrides: Mapping[str, Any] | None = None,
    *,
    idempotency_key: str | None = None,
) -> Job:
    """Launch a settled job again as a new one, with its params, except those in `overrides`.

    A secret that comes as it is shown, masked, stays as it was.
    Under a key that came before: the job made then, `replayed`.
    Raises: Job.DoesNotExist; InvalidTransition while it is active; whatever `submit` raises.
    """
    job = visible(caller, job_id)
    if not job.is_settled:
        raise InvalidTransition(
            f"The job is {job.get_status_display().lower()}; only settled jobs run again."
        )
    wanted = Launch(job.name, job.type, overrides or {})
    submission = Submission(caller, idempotency_key, _digest(f"rerun {job_id}", [wanted]))
    if replayed := submission.replay():
        return replayed[0]
    changed = {name: value for name, value in wanted.params.items() if not _is_masked(job.type, name, value)}
    again = _new_job(caller, replace(wanted, params={**job.params, **changed}))
    again.rerun_of = job
    return submission.accept([again])[0]


def chosen_type(name: str, type: str | None) -> JobType:
    """The type that is meant: `type` if given, else the one labelled `name`, else the default type.

    Raises: UnknownJobType.
    """
    if type is not None:
        return registry.get(type)
    return registry.by_label(name) or registry.get(settings.JOBS_DEFAULT_TYPE)


def _is_masked(slug: str, name: str, value: object) -> bool:
    return value == parameters.MASK and name in registry.get(slug).secret_fields


def _new_job(caller: Caller, launch: Launch) -> Job:
    job_type = chosen_type(launch.name, launch.type)
    check_launch(caller, job_type)
    if launch.name and (error := name_error(launch.name)):
        raise InvalidName(error)
    params = parameters.validate(job_type, launch.params)
    check_launch(caller, job_type, params)
    return Job(
        id=uuid7(),
        name=launch.name or job_type.label,
        type=job_type.slug,
        params=params,
        queue=job_type.queue,
        created_by=caller.user,
        created_by_name=caller.name,
        source=caller.source,
        request_id=caller.request_id,
        unique_key="" if job_type.unique_while_active else None,
    )


def _new_batch(caller: Caller, items: Sequence[Launch]) -> list[Job]:
    batch_id = uuid7()
    jobs: list[Job] = []
    errors: dict[int, Exception] = {}
    for index, item in enumerate(items):
        try:
            job = _new_job(caller, item)
            if job.unique_key is not None and job.type in {one.type for one in jobs}:
                raise AlreadyActive
            job.batch_id = batch_id
            jobs.append(job)
        except (UnknownJobType, NotPermitted, InvalidName, parameters.InvalidParams, AlreadyActive) as error:
            errors[index] = error
    if errors:
        raise InvalidBatch(errors)
    return jobs


def _digest(kind: str, launches: Sequence[Launch]) -> str:
    """The request in 64 characters: the same ones for the same request only; a batch of one is no single job."""
    plain = [kind, *([one.name, one.type, dict(one.params)] for one in launches)]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Submission:
    """One call of a caller, under its idempotency key if it has one; a batch keeps the key on its first job."""

    caller: Caller
    key: str | None = None
    digest: str = ""

    def accept(self, jobs: list[Job]) -> list[Job]:
        """Store and publish, all or nothing."""
        if self.key is not None:
            jobs[0].idempotency_key, jobs[0].request_hash = self.key, self.digest
        for _ in range(TRIES):  # whoever stands in the way may be gone when we look
            try:
                stored = self._insert(jobs)
            except IntegrityError as error:
                if found := self._found_instead(jobs, error):
                    return found
            else:
                _publish_or_withdraw(stored)
                return stored
        raise AlreadyActive

    def replay(self) -> list[Job]:
        """The jobs that an earlier call under the key made; none if there was none.

        One that waits is published again first: its first caller may be about to withdraw it.
        """
        try:
            jobs = self._remembered()
        except AWAY as error:
            raise DatabaseUnavailable from error
        if jobs and jobs[0].request_hash != self.digest:
            raise KeyReused("This idempotency key was used before, for another request.")
        for job in jobs:
            job.replayed = True
            if job.status == Status.PENDING and not _publish_again(job):
                return self.replay()  # it was taken, settled or withdrawn meanwhile
        return jobs

    def _remembered(self) -> list[Job]:
        if self.key is None or self.caller.user is None:
            return []
        first = Job.objects.filter(created_by=self.caller.user, idempotency_key=self.key).first()
        if first is None or first.batch_id is None:
            return [first] if first else []
        return list(Job.objects.filter(batch_id=first.batch_id).order_by("id"))

    def _insert(self, jobs: list[Job]) -> list[Job]:
        inserted = False
        try:
            # durable: refuses an outer transaction, in which the publish would precede the commit.
            with transaction.atomic(durable=True):
                stored = lifecycle.submit(jobs, actor=self.caller.name)
                inserted = True
        except AWAY as error:
            raise OutcomeUnknown(jobs[0].id) if inserted else DatabaseUnavailable from error
        return stored

    def _found_instead(self, jobs: list[Job], error: IntegrityError) -> list[Job]:
        """What the constraint guards: the jobs of our own key, or an active one of its kind."""
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if constraint == "jobs_job_one_per_idempotency_key":
            return self.replay()
        if constraint.startswith("jobs_job_rerun_of_id_"):
            raise Job.DoesNotExist("The job to launch again was deleted meanwhile.") from error
        if constraint != "jobs_job_one_active_of_its_kind":
            raise error
        kinds = {job.type for job in jobs if job.unique_key is not None}
        active = Job.objects.active().filter(type__in=kinds, unique_key__isnull=False).first()
        if active:
            raise AlreadyActive(active.id)
        return []


def _publish_or_withdraw(jobs: list[Job]) -> None:
    try:
        publishing.publish(jobs)
    except BrokerUnavailable:
        # The messages may have arrived all the same: only the rows decide whether the jobs exist.
        try:
            withdrawn = lifecycle.withdraw([job.id for job in jobs])
        except AWAY as error:
            raise OutcomeUnknown(jobs[0].id) from error
        if withdrawn:
            raise


def _publish_again(job: Job) -> bool:
    """Publish a waiting job once more; False if it no longer waits.

    Raises: OutcomeUnknown: 503 would promise that it never runs, and it may.
    """
    try:
        if waits := lifecycle.republish([job.id]):
            publishing.publish(waits)
    except (*AWAY, BrokerUnavailable) as error:
        raise OutcomeUnknown(job.id) from error
    return bool(waits)
