"""Accepting jobs: stored as PENDING and committed, then published; what could not be published is withdrawn.

A caller's Idempotency-Key stands in the row itself, so that the same transaction that accepts a job
remembers it.
"""

from dataclasses import dataclass
from typing import NamedTuple

from django.db import Error, IntegrityError, transaction

from jobs import access, database, lifecycle
from jobs.engine import broker
from jobs.errors import AlreadyActive, BrokerUnavailable, KeyReused, OutcomeUnknown, Unavailable
from jobs.lifecycle import FORM_KEY
from jobs.models import Job, Status
from jobs.services.caller import Caller

INSERT_TRIES = 3


class SubmittedBatch(NamedTuple):
    """The jobs that a submission made, or, `replayed`, that an earlier one under the key made."""

    jobs: list[Job]
    replayed: bool


@dataclass(frozen=True)
class Submission:
    """One call of a caller, under its idempotency key if it has one; a batch keeps the key on its first job."""

    caller: Caller
    key: str | None = None
    digest: str = ""

    def accept(self, jobs: list[Job]) -> SubmittedBatch:
        """Store and publish, all or nothing."""
        if self.key is not None:
            jobs[0].idempotency_key, jobs[0].request_hash = self.key, self.digest
        for _ in range(INSERT_TRIES):  # the job in the way may be gone when we look
            try:
                stored = self._insert(jobs)
            except IntegrityError as error:
                if found := self._found_instead(jobs, error):
                    return SubmittedBatch(found, replayed=True)
            else:
                _publish_or_withdraw(stored)
                return SubmittedBatch(stored, replayed=False)
        raise AlreadyActive

    def replay(self) -> list[Job]:
        """The jobs that an earlier call under the key made; none if there was none.

        One that waits is published again first: its first caller may be about to withdraw it.
        """
        with database.raising(database.unavailable):
            jobs = self._remembered()
        if jobs and jobs[0].request_hash != self.digest and not self._is_of_form:
            raise KeyReused("This idempotency key was used before, for another request.")
        for job in jobs:
            if job.status == Status.PENDING and not _publish_again(job):
                return self.replay()  # it was taken, settled or withdrawn since
        return jobs

    @property
    def _is_of_form(self) -> bool:
        """Whether the key is one of the admin's forms: its content is in the key, read from what was sent.

        What the type's form makes of it may depend on the clock, such as the end of a period left
        empty.
        """
        return self.key is not None and self.key.startswith(FORM_KEY)

    def _remembered(self) -> list[Job]:
        if self.key is None or self.caller.user is None:
            return []
        first = Job.objects.filter(created_by=self.caller.user, idempotency_key=self.key).first()
        if first is None or first.batch_id is None:
            return [first] if first else []
        return list(Job.objects.filter(batch_id=first.batch_id).order_by("id"))

    def _insert(self, jobs: list[Job]) -> list[Job]:
        inserted = False

        def refused(error: Error) -> Unavailable | None:
            return OutcomeUnknown(jobs[0].id) if inserted else database.unavailable(error)

        # durable: refuses an outer transaction, in which the publish would precede the commit.
        with database.raising(refused), transaction.atomic(durable=True):
            stored = lifecycle.insert(jobs, actor=self.caller.name)
            inserted = True
        return stored

    def _found_instead(self, jobs: list[Job], error: IntegrityError) -> list[Job]:
        """What the constraint guards: the jobs of our own key, or an active one of its kind."""
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if constraint == "jobs_job_one_per_idempotency_key":
            return self.replay()
        if constraint.startswith("jobs_job_rerun_of_id_"):
            raise Job.DoesNotExist("The job to launch again has been deleted.") from error
        if constraint != "jobs_job_one_active_of_its_kind":
            raise error
        # PostgreSQL names one constraint, and the job of our own key may violate both.
        if found := self.replay():
            return found
        kinds = {job.type for job in jobs if job.unique_while_active}
        active = Job.objects.active().unique().filter(type__in=kinds).first()
        if active:
            shown = access.visible_jobs(self.caller.user).filter(id=active.id).exists()
            raise AlreadyActive(active.id if shown else None)
        return []


def _publish_or_withdraw(jobs: list[Job]) -> None:
    try:
        broker.publish(jobs)
    except Exception:
        # Any failure, also one that is not the broker's: a job that was refused must not run. The
        # messages may have arrived all the same, so only the rows decide whether the jobs exist.
        with database.raising(lambda error: OutcomeUnknown(jobs[0].id)):
            withdrawn = lifecycle.withdraw([job.id for job in jobs])
        if withdrawn:
            raise


def _publish_again(job: Job) -> bool:
    """Publish a waiting job once more; False if it no longer waits.

    Raises: OutcomeUnknown: 503 would promise that it never runs, and it may.
    """
    try:
        with database.raising(lambda error: OutcomeUnknown(job.id)):
            if waits := lifecycle.republish([job.id]):
                broker.publish(waits)
    except BrokerUnavailable as error:
        raise OutcomeUnknown(job.id) from error
    return bool(waits)
