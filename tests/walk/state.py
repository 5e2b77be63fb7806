"""What a walk knows while it goes on, and what all its steps use."""

from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from jobs.engine.lost_attempts import end_attempt
from jobs.engine.upkeep.republish import Republish
from jobs.engine.upkeep.unparking import Unpark
from jobs.models import ACTIVE, Job
from jobs.services import Caller
from tests.walk.broker import Broker
from tests.walk.model import MAX_ATTEMPTS, Attempt, Expected

INDEX = st.integers(0, 1000)  # of a job, attempt or message, modulo their number


def few_jobs(walk: "State") -> bool:
    """Whether fewer than three jobs are active: few jobs meet more often than many."""
    return sum(job.status in ACTIVE for job in walk.jobs.values()) < 3


class State(RuleBasedStateMachine):
    """The jobs as the model expects them; `caller` may do anything, `broker` is a replacement."""

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
        self.unpark = Unpark()
        self.holds: dict[str, int] = {}  # the ids of the active holds, by type

    def _job(self, index):
        return list(self.jobs.items())[index % len(self.jobs)]

    def _holds(self, attempt):
        job = self.jobs.get(attempt.job_id)
        return job is not None and (job.status, job.attempt) == ("PROCESSING", attempt.number)

    def _running(self, type):
        return sum((one.type, one.status) == (type, "PROCESSING") for one in self.jobs.values())

    def _waits_before(self, job_id, key):
        """Whether an earlier job waits for the same room."""
        return any(
            one.parked_by == key and one.status == "PENDING" and other < job_id
            for other, one in self.jobs.items()
        )

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
