"""A broker with a bad network: it loses, doubles and delays messages, and may not answer."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from jobs import lifecycle
from jobs.errors import BrokerUnavailable
from jobs.models import Job
from tests.walk.model import MAX_ATTEMPTS, Expected


@dataclass(frozen=True)
class Fate:
    """What happens to the next publish.

    `arriving` messages reach the queue, others do `meanwhile` at that moment, and it is `answered`
    or not.
    """

    arriving: int = 500
    meanwhile: str = "nothing"
    answered: bool = True


def fates(*often: str) -> st.SearchStrategy[Fate]:
    """Fates of publishes, with some acts of others more often."""
    meanwhile = ["nothing", "take", "cancel", "replay", "republish", *often]
    return st.builds(Fate, st.sampled_from([500, 0, 1]), st.sampled_from(meanwhile), st.booleans())


FATES = fates("take")


class Broker:
    """Replaces jobs.engine.broker."""

    def begin(self, walk: Any) -> None:
        """Forget the walk before."""
        self.walk = walk
        self.fate = Fate()
        self.messages: list[UUID] = []

    def queue_depth(self, queue: str) -> int:
        return len(self.messages)

    def publish(self, jobs: list[Job], *, first: bool = False) -> None:
        """Take some of the messages, let others act, and perhaps give no answer."""
        fate, self.fate = self.fate, Fate()
        for job in jobs:
            self.walk.jobs.setdefault(job.id, Expected(job.type))
        self.messages += [job.id for job in jobs[: fate.arriving]]
        for job in jobs[:1]:
            self._meanwhile(fate.meanwhile, job)
        if not fate.answered:
            raise BrokerUnavailable("no answer")

    def _meanwhile(self, what: str, job: Job) -> None:
        if what == "take" and job.id in self.messages:
            self.walk._take(job.id, list(MAX_ATTEMPTS))
        elif what == "cancel":
            self.walk._cancel(job.id)
        elif what == "replay" and job.idempotency_key:
            self.walk.accepted.add(self.walk._under_key(job.idempotency_key).id)
        elif what == "republish" and lifecycle.republish([job.id]):
            self.messages.append(job.id)
