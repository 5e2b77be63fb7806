"""The steps of people and programs: submit, launch again, cancel, delete."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from jobs import services
from jobs.errors import AlreadyActive, BrokerUnavailable, InvalidTransition, OutcomeUnknown
from jobs.models import ACTIVE, SETTLED, Job
from jobs.services import Launch
from tests.walk.broker import FATES, fates
from tests.walk.model import MAX_ATTEMPTS
from tests.walk.state import INDEX, State, few_jobs


class Requests(State):
    """Each request is answered as the model expects."""

    @precondition(few_jobs)
    @rule(type=st.sampled_from(list(MAX_ATTEMPTS)), fate=FATES)
    def submit(self, type, fate):
        single_active = any(
            one.type == "single" and one.status in ACTIVE for one in self.jobs.values()
        )
        try:
            self._launch(fate, lambda: [services.submit(self.caller, type=type).job])
        except AlreadyActive:
            assert (type, single_active) == ("single", True)
        else:
            assert (type, single_active) != ("single", True)

    @precondition(few_jobs)
    @rule(key=st.sampled_from("abcd"), fate=fates("replay", "replay", "replay"))
    def submit_or_replay(self, key, fate):
        self._launch(fate, lambda: [self._under_key(key)])

    def _under_key(self, key):
        return services.submit(self.caller, type="once", idempotency_key=key).job

    @precondition(few_jobs)
    @rule(count=st.integers(2, 3), fate=FATES)
    def submit_batch(self, count, fate):
        self._launch(
            fate, lambda: services.submit_batch(self.caller, [Launch(type="thrice")] * count).jobs
        )

    @precondition(lambda self: self.jobs and few_jobs(self))
    @rule(index=INDEX, fate=FATES)
    def rerun(self, index, fate):
        job_id, job = self._job(index)
        try:
            self._launch(fate, lambda: [services.rerun(self.caller, job_id).job])
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
