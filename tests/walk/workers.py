"""The steps of messages and workers: claim, write, settle, renew a lease, lose a process."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from jobs import lifecycle
from jobs.handler.journal import LostAttempt
from tests.walk.broker import FATES
from tests.walk.model import LIMITS, MAX_ATTEMPTS, OUTCOMES, Attempt
from tests.walk.state import INDEX, State
from tests.walk.writes import WRITES


class Workers(State):
    """A worker changes a job only while its attempt holds the job."""

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
        """Take a job as a worker does: claim it, or have it admitted or parked."""
        expected = self.jobs.get(job_id)
        waits = expected is not None and expected.status == "PENDING"
        held = waits and expected.type in self.holds
        limited = waits and expected.type in LIMITS
        begins = waits and not held and expected.type in types
        if begins and limited:
            most, key = LIMITS[expected.type].at_most, f"limit:{expected.type}"
            begins = self._running(expected.type) < most and not self._waits_before(job_id, key)
        number = len(self.attempts)
        worker, pid = f"w{number % 3}", number + 1
        free = [one for one in types if one not in LIMITS]
        taken = lifecycle.claim(job_id, types=free, worker=worker, pid=pid)
        assert (taken is not None) == (begins and not limited)
        if taken is None:
            owner = {"worker": worker, "pid": pid}
            taken, _ = lifecycle.admit(job_id, types=types, limits=LIMITS, **owner)
            assert (taken is not None) == (begins and limited)
        if held:
            expected.parked_by = f"hold:{self.holds[expected.type]}"
        elif limited and expected.type in types:
            expected.parked_by = "" if begins else f"limit:{expected.type}"
        if taken:
            expected.parked_by = ""
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
