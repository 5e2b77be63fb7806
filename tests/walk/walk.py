"""A random walk over everything that can happen to jobs, beside a model that says what must come of each step.

The database is real and every step goes through the project's own functions; only the broker is a
stand-in.
"""

from functools import partial
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from jobs import lifecycle, services
from jobs.engine.lost_attempts import end_attempt
from jobs.engine.upkeep.republish import Republish
from jobs.errors import AlreadyActive, BrokerUnavailable, InvalidTransition, OutcomeUnknown
from jobs.handler.journal import LostAttempt
from jobs.lifecycle import failed
from jobs.models import ACTIVE, SETTLED, Job, Status
from jobs.services import Caller, Launch
from tests.walk.broker import Broker, Fate, fates
from tests.walk.check import check, forget_everything
from tests.walk.model import MAX_ATTEMPTS, OUTCOMES, Attempt, Expected
from tests.walk.writes import WRITES

FATES = fates("take")
INDEX = st.integers(0, 1000)  # into whatever list there is, modulo its length


def few_jobs(walk: "Walk") -> bool:
    """Few jobs meet more than many do."""
    return sum(job.status in ACTIVE for job in walk.jobs.values()) < 3


class Walk(RuleBasedStateMachine):
    """The steps, in any order; `caller` may do anything, `broker` is plugged in for the real one."""

    def __init__(self, caller: Caller, broker: Broker) -> None:
        super().__init__()
        self.caller = caller
        self.broker = broker
        broker.begin(self)
        self.jobs: dict[UUID, Expected] = {}
        self.attempts: list[Attempt] = []
        self.looks: list[tuple[Job, int]] = []
        self.accepted: set[UUID] = set()
        self.refused: set[UUID] = set()
        self.upkeep = Republish()

    # --- People -----------------------------------------------------------------------------------
    @precondition(few_jobs)
    @rule(type=st.sampled_from(list(MAX_ATTEMPTS)), fate=FATES)
    def submit(self, type, fate):
        single_active = any(
            one.type == "single" and one.status in ACTIVE for one in self.jobs.values()
        )
        try:
            self._launch(fate, lambda: [services.submit(self.caller, type=type)])
        except AlreadyActive:
            assert (type, single_active) == ("single", True)
        else:
            assert (type, single_active) != ("single", True)

    @precondition(few_jobs)
    @rule(key=st.sampled_from("abcd"), fate=fates("replay", "replay", "replay"))
    def submit_or_replay(self, key, fate):
        self._launch(fate, lambda: [self._under_key(key)])

    def _under_key(self, key):
        return services.submit(self.caller, type="once", idempotency_key=key)

    @precondition(few_jobs)
    @rule(count=st.integers(2, 3), fate=FATES)
    def submit_batch(self, count, fate):
        self._launch(
            fate, lambda: services.submit_batch(self.caller, [Launch(type="thrice")] * count)
        )

    @precondition(lambda self: self.jobs and few_jobs(self))
    @rule(index=INDEX, fate=FATES)
    def rerun(self, index, fate):
        job_id, job = self._job(index)
        try:
            self._launch(fate, lambda: [services.rerun(self.caller, job_id)])
        except InvalidTransition:
            assert job.status in ACTIVE
        except AlreadyActive:
            assert job.type == "single"

    @precondition(lambda self: self.jobs)
    @rule(index=INDEX)
    def cancel(self, index):
        self._cancel(self._job(index)[0])

    def _cancel(self, job_id):
        job = self.jobs[job_id]
        try:
            services.cancel(self.caller, job_id)
        except InvalidTransition:
            assert job.status in ("COMPLETED", "FAILED")
            return
        assert job.status not in ("COMPLETED", "FAILED")
        if job.status == "PENDING":
            job.statuses.append("CANCELLED")
        elif job.status == "PROCESSING" and not job.cancel_requested:
            job.statuses.append("PROCESSING")  # a note
            job.cancel_requested = True

    @precondition(lambda self: self.jobs)
    @rule(index=INDEX)
    def delete(self, index):
        job_id, job = self._job(index)
        keyed = Job.objects.filter(id=job_id, idempotency_key__isnull=False).exists()
        try:
            services.delete(self.caller, job_id)
        except InvalidTransition:
            assert keyed or job.status in ACTIVE
            return
        assert job.status in SETTLED
        assert not keyed
        del self.jobs[job_id]
        self.accepted.discard(job_id)

    def _launch(self, fate, launch):
        known = set(self.jobs)
        self.broker.fate = fate
        try:
            jobs = launch()
        except BrokerUnavailable:
            gone = set(self.jobs) - known
            assert gone
            assert not gone & self.accepted
            assert {self.jobs.pop(job_id).status for job_id in gone} == {"PENDING"}
            self.refused |= gone
        except OutcomeUnknown:
            pass
        else:
            self.accepted |= {job.id for job in jobs}

    # --- Messages and workers ---------------------------------------------------------------------
    @precondition(lambda self: self.broker.messages)
    @rule(index=INDEX, doubled=st.booleans(), knows_the_type=st.booleans() | st.just(True))
    def deliver(self, index, doubled, knows_the_type):
        messages = self.broker.messages
        job_id = messages[index % len(messages)] if doubled else messages.pop(index % len(messages))
        self._take(job_id, list(MAX_ATTEMPTS) if knows_the_type else ["other"])

    @precondition(lambda self: self.broker.messages)
    @rule(index=INDEX)
    def lose(self, index):
        self.broker.messages.pop(index % len(self.broker.messages))

    def _take(self, job_id, types):
        expected = self.jobs.get(job_id)
        waits = expected is not None and expected.status == "PENDING" and expected.type in types
        number = len(self.attempts)
        worker, pid = f"w{number % 3}", number + 1
        taken = lifecycle.claim(job_id, types=types, worker=worker, pid=pid)
        assert (taken is not None) == waits
        if taken:
            expected.statuses.append("PROCESSING")
            expected.attempt += 1
            assert expected.attempt == taken.attempt <= MAX_ATTEMPTS[taken.type]
            self.attempts.append(Attempt(job_id, taken.attempt, worker, pid))

    @precondition(lambda self: self.attempts)
    @rule(index=INDEX)
    def write(self, index):
        attempt = self.attempts[index % len(self.attempts)]
        written = [self._is_written(attempt, how) for how in WRITES]
        assert written == [self._holds(attempt)] * len(WRITES)
        if self._holds(attempt):
            self.jobs[attempt.job_id].written += 2

    def _is_written(self, attempt, how):
        try:
            stop = how(attempt.job_id, attempt.number)
        except LostAttempt:
            return False
        assert stop in (None, self.jobs[attempt.job_id].cancel_requested)
        return True

    @precondition(lambda self: self.attempts)
    @rule(index=INDEX, status=st.sampled_from(list(OUTCOMES)))
    def settle(self, index, status):
        attempt = self.attempts[index % len(self.attempts)]
        settled = lifecycle.settle(
            attempt.job_id, OUTCOMES[status], attempt=attempt.number, actor=attempt.worker
        )
        assert (settled is not None) == self._holds(attempt)
        if settled:
            self.jobs[attempt.job_id].statuses.append(status)

    @precondition(lambda self: self.attempts)
    @rule(index=INDEX)
    def renew_lease(self, index):
        attempt = self.attempts[index % len(self.attempts)]
        lifecycle.renew_leases({attempt.job_id: attempt.pid}, worker=attempt.worker)
        if self._holds(attempt):
            self.jobs[attempt.job_id].renewals += 1

    @precondition(lambda self: self.attempts)
    @rule(index=INDEX, fate=FATES)
    def lose_child(self, index, fate):
        attempt = self.attempts[index % len(self.attempts)]
        held = lifecycle.held(attempt.job_id, worker=attempt.worker, pid=attempt.pid)
        assert (held is not None) == self._holds(attempt)
        if held:
            self._end(held, fate, expected=True)

    # --- Upkeep -----------------------------------------------------------------------------------
    @precondition(lambda self: self.jobs)
    @rule(index=INDEX)
    def look(self, index):
        job_id, expected = self._job(index)
        self.looks.append((Job.objects.get(id=job_id), expected.renewals))

    @precondition(lambda self: self.looks)
    @rule(index=INDEX, fate=FATES)
    def act_on_a_look(self, index, fate):
        seen, renewals = self.looks[index % len(self.looks)]
        now = self.jobs.get(seen.id)
        if seen.status == Status.PROCESSING:
            fresh = now and (now.status, now.attempt, now.renewals) == (
                "PROCESSING",
                seen.attempt,
                renewals,
            )
            self._end(seen, fate, expected=bool(fresh), lease_until=seen.lease_until)
        elif seen.status == Status.PENDING:
            fresh = Job.objects.filter(
                id=seen.id, status="PENDING", publishes=seen.publishes
            ).exists()
            outcome = failed("not_taken", "nobody took it")
            given_up = lifecycle.give_up(seen.id, outcome, publishes=seen.publishes, actor="upkeep")
            assert (given_up is not None) == fresh
            if given_up:
                now.statuses.append("FAILED")

    @rule(fate=FATES)
    def republish(self, fate):
        self.broker.fate = fate
        try:
            self.upkeep.run()
        except BrokerUnavailable:
            assert not fate.answered

    def _end(self, seen, fate, *, expected, lease_until=None):
        self.broker.fate = fate
        job = self.jobs.get(seen.id)
        if expected:  # before the call: a release publishes, and others act at once
            may_repeat = seen.attempt < MAX_ATTEMPTS[seen.type]
            asked = seen.cancel_requested_at or (may_repeat and job.cancel_requested)
            after = "CANCELLED" if asked else "PENDING" if may_repeat else "FAILED"
            job.statuses.append(after)
        ended = end_attempt(
            seen, code="worker_lost", message="lost", actor="upkeep", lease_until=lease_until
        )
        assert (ended is not None) == expected

    # --- What must hold ---------------------------------------------------------------------------
    @invariant()
    def the_database_is_as_the_model_says(self):
        check(self)

    def teardown(self):
        try:
            self._heal_and_drain()
        finally:
            forget_everything()

    def _heal_and_drain(self):
        for index in range(len(self.attempts)):
            self.lose_child(index, Fate())
        for _ in range(max(MAX_ATTEMPTS.values())):
            self.republish(Fate())
            self.republish(Fate())  # only what waited in two passes is published again
            while self.broker.messages:
                self.deliver(0, False, True)
            for step in (self.write, self.renew_lease, partial(self.settle, status="COMPLETED")):
                for index in range(
                    len(self.attempts)
                ):  # the oldest first: those that lost their jobs
                    step(index)
        self.the_database_is_as_the_model_says()
        assert all(job.status in SETTLED for job in self.jobs.values())

    def _job(self, index):
        return list(self.jobs.items())[index % len(self.jobs)]

    def _holds(self, attempt):
        job = self.jobs.get(attempt.job_id)
        return job is not None and (job.status, job.attempt) == ("PROCESSING", attempt.number)
