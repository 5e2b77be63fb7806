"""The model of a job, and the row that the database must show for it."""

from dataclasses import dataclass, field
from uuid import UUID

from jobs.lifecycle import Outcome, failed
from jobs.limits import Limit
from jobs.models import Status

MAX_ATTEMPTS = {"once": 1, "thrice": 3, "single": 1, "alone": 3}
# Of the type "alone" one job runs at a time.
LIMITS = {"alone": Limit(1)}
OUTCOMES = {
    "COMPLETED": Outcome(status=Status.COMPLETED, result={"rows": 3}),
    "FAILED": failed("exception", "it broke"),
    "CANCELLED": Outcome(status=Status.CANCELLED),
}
STATES = {"COMPLETED": "SUCCESS", "FAILED": "FAILURE", "CANCELLED": "REVOKED"}


@dataclass
class Expected:
    """A job as the model expects it."""

    type: str
    statuses: list[str] = field(default_factory=lambda: ["PENDING"])
    attempt: int = 0
    written: int = 0
    renewals: int = 0  # of its lease, by which a look at it grows old
    cancel_requested: bool = False
    parked_by: str = ""

    @property
    def status(self) -> str:
        return self.statuses[-1]

    def row(self) -> tuple[object, ...]:
        """The row of the job that check.ROWS must return."""
        state = STATES.get(self.status, "")
        return (
            self.status,
            self.attempt,
            state,
            self.statuses,
            ["", *self.statuses[:-1]],
            self.written,
        )


@dataclass(frozen=True)
class Attempt:
    """One execution; it goes on writing even if it has lost the job, as a woken worker does."""

    job_id: UUID
    number: int
    worker: str
    pid: int
