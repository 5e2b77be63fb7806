"""The steps of upkeep, which acts on what it saw earlier: rescue, give up, publish again."""

from django.db.models.functions import Now
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from jobs import lifecycle
from jobs.errors import BrokerUnavailable
from jobs.lifecycle import failed
from jobs.models import Hold, Job, Status
from tests.support.factories import make_hold
from tests.walk.broker import FATES
from tests.walk.state import INDEX, State


class Upkeep(State):
    """Upkeep changes a job only if the job is still as upkeep saw it."""

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

    @rule(type=st.sampled_from(["once", "alone"]))
    def hold(self, type):
        if type not in self.holds:
            self.holds[type] = make_hold(value=type).id

    @precondition(lambda self: self.holds)
    @rule(index=INDEX)
    def release_hold(self, index):
        type = list(self.holds)[index % len(self.holds)]
        Hold.objects.filter(id=self.holds.pop(type)).update(ended_at=Now())

    @rule(fate=FATES)
    def let_parked_jobs_in(self, fate):
        self.broker.fate = fate
        self.unpark.run()
        for job_id, parked_by in Job.objects.values_list("id", "parked_by"):
            if self.jobs[job_id].status == "PENDING":
                # Those whose hold has ended are in line again; the others stay as they are.
                assert parked_by in ("", self.jobs[job_id].parked_by)
                self.jobs[job_id].parked_by = parked_by

    @rule(fate=FATES)
    def republish(self, fate):
        self.broker.fate = fate
        try:
            self.upkeep.run()
        except BrokerUnavailable:
            assert not fate.answered
