"""Accepts jobs: stores them as PENDING, commits, publishes; withdraws them if publishing fails.

In a transaction of the caller they are stored as a part of it, and published once it commits. The
caller's Idempotency-Key is a column of the job, so that one statement stores both.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError

from jobs import access, database, lifecycle
from jobs.engine import broker
from jobs.errors import (
    AlreadyActive,
    BrokerUnavailable,
    DatabaseUnavailable,
    KeyReused,
    OutcomeUnknown,
)
from jobs.lifecycle import CHILD_KEY, FORM_KEY
from jobs.models import Job, Status
from jobs.safe_text import quantity
from jobs.services.caller import Caller
from jobs.services.storing import store, store_again
from jobs.tracing import current_tracer

logger = logging.getLogger(__name__)

INSERT_TRIES = 3


class SubmittedBatch(NamedTuple):
    """The accepted jobs; if `replayed`, those of an earlier submission under the same key."""

    jobs: list[Job]
    replayed: bool


@dataclass(frozen=True)
class Submission:
    """One request to launch jobs, with its idempotency key and the digest of its content.

    The first job of a batch has the key. The key of a child belongs to its parent, that of another
    job to its account.
    """

    caller: Caller
    key: str | None = None
    digest: str = ""
    parent_id: UUID | None = None

    def accept(self, jobs: list[Job]) -> SubmittedBatch:
        """Store and publish all of the jobs, or none; in a transaction, publish at its commit.

        Raises: AlreadyActive, KeyReused, Job.DoesNotExist; BrokerUnavailable, DatabaseUnavailable,
        OutcomeUnknown.
        """
        if self.key is not None:
            jobs[0].idempotency_key, jobs[0].request_hash = self.key, self.digest
        with current_tracer().sending(jobs):
            return self._accept(jobs)

    def _accept(self, jobs: list[Job]) -> SubmittedBatch:
        for _ in range(INSERT_TRIES):  # the job that violated a constraint may be gone by now
            try:
                stored = store(jobs, actor=self.caller.name)
            except IntegrityError as error:
                if found := self._existing_jobs(jobs, error):
                    return SubmittedBatch(found, replayed=True)
            except OutcomeUnknown:
                return self._accept_again(jobs)
            else:
                if database.is_in_transaction():
                    _publish_on_commit(stored)
                else:
                    _publish_or_withdraw(stored)
                return SubmittedBatch(stored, replayed=False)
        raise AlreadyActive

    def _accept_again(self, jobs: list[Job]) -> SubmittedBatch:
        try:
            stored = store_again(jobs, actor=self.caller.name)
        except IntegrityError as error:
            with suppress(DatabaseUnavailable):  # a 503 would deny what may have been stored
                if found := self.replay():
                    return SubmittedBatch(found, replayed=True)
            raise OutcomeUnknown(jobs[0].id) from error
        # Not withdrawn if that fails: the first statement may still arrive.
        _publish_again([job.id for job in stored])
        return SubmittedBatch(stored, replayed=False)

    def replay(self) -> list[Job]:
        """The jobs of an earlier submission under the key; empty if there was none.

        Waiting jobs are published again, because the first caller may be about to withdraw them.
        Raises: KeyReused, OutcomeUnknown, DatabaseUnavailable.
        """
        with database.raising(database.unavailable):
            jobs = self._earlier_jobs()
        if jobs and jobs[0].request_hash != self.digest and not self._is_own_key:
            raise KeyReused("This idempotency key was used before, for another request.")
        waiting = [job.id for job in jobs if job.status == Status.PENDING]
        if waiting and not _publish_again(waiting):
            return self.replay()  # a worker took one, or it was settled or withdrawn
        return jobs

    @property
    def _is_own_key(self) -> bool:
        """Whether the key comes from a form of the admin or a handler; no digest is then compared.

        A form's key is itself made from the entries that were sent. The digest would be that of
        cleaned params, which may depend on the clock, such as an empty end of a period. The author
        of a handler gives a key for the same reason.
        """
        return self.key is not None and self.key.startswith((FORM_KEY, CHILD_KEY))

    def _earlier_jobs(self) -> list[Job]:
        if self.key is None:
            return []
        if self.parent_id is not None:
            return list(Job.objects.filter(parent=self.parent_id, idempotency_key=self.key))
        if self.caller.user is None:
            return []
        first = Job.objects.filter(created_by=self.caller.user, idempotency_key=self.key).first()
        if first is None:
            return []
        if first.batch_id is None:
            return [first]
        return list(Job.objects.filter(batch_id=first.batch_id).order_by("id"))

    def _existing_jobs(self, jobs: list[Job], error: IntegrityError) -> list[Job]:
        """The jobs of the same key that violated a constraint; empty if they are gone by now.

        Raises: AlreadyActive if the constraint is that of an active job of the same type.
        """
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if constraint in ("jobs_job_one_per_idempotency_key", "jobs_job_one_per_child_key"):
            return self.replay()
        if constraint.startswith("jobs_job_rerun_of_id_"):
            raise Job.DoesNotExist("The job to launch again has been deleted.") from error
        if constraint != "jobs_job_one_active_of_its_kind":
            raise error
        # PostgreSQL names only one constraint; the job of the same key may violate both.
        if found := self.replay():
            return found
        kinds = {job.type for job in jobs if job.unique_while_active}
        active = Job.objects.active().unique().filter(type__in=kinds).first()
        if active:
            shown = access.visible_jobs(self.caller.user).filter(id=active.id).exists()
            raise AlreadyActive(active.id if shown else None)
        return []


def _publish_on_commit(jobs: Sequence[Job]) -> None:
    """Publish once the caller's transaction commits; if that fails, upkeep publishes."""

    def publish() -> None:
        try:
            broker.publish(jobs)
        except Exception as error:  # the jobs are accepted, and the caller's code goes on
            why = getattr(error, "diagnosis", repr(error))
            message = "%s not published yet; upkeep does it: %s"
            logger.warning(message, quantity(len(jobs), "job"), why)

    database.after_commit(publish)


def _publish_or_withdraw(jobs: list[Job]) -> None:
    try:
        broker.publish(jobs)
    except Exception:  # after any failure, not only the broker's: a refused job must not run
        # The messages may have arrived nevertheless: only the rows decide whether the jobs exist.
        with database.raising(lambda error: OutcomeUnknown(jobs[0].id)):
            withdrawn = lifecycle.withdraw([job.id for job in jobs])
        if withdrawn:
            raise


def _publish_again(ids: list[UUID]) -> bool:
    """Publish waiting jobs once more; False if one of them no longer waits.

    Raises: OutcomeUnknown instead of BrokerUnavailable, which would promise that they never run.
    """
    try:
        with database.raising(lambda error: OutcomeUnknown(ids[0])):
            waits = lifecycle.republish(ids)
            if waits and database.is_in_transaction():
                _publish_on_commit(waits)  # the rows are locked until then
            elif waits:
                broker.publish(waits)
    except BrokerUnavailable as error:
        raise OutcomeUnknown(ids[0]) from error
    return len(waits) == len(ids)
