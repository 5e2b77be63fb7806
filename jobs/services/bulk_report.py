"""The outcomes of a bulk action, for each job and counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.safe_text import quantity
from jobs.services.actions.action import Action

DONE, ASKED, SKIPPED, FAILED = "done", "asked to stop", "skipped", "failed"
REACHED = (DONE, ASKED)
REASONS = 3


@dataclass(frozen=True)
class Row:
    """The outcome of one job: DONE, ASKED, SKIPPED or FAILED.

    `detail` says why the action was not done: the end of a sentence about the job ("had already
    completed"), or a sentence that begins with a capital. For a job that was launched again it is
    the id of the new job.
    """

    job_id: UUID
    name: str
    status_before: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class Reason:
    """Why the action was not done to `count` jobs; `examples` are the first of them."""

    text: str
    count: int
    examples: list[Row]


class Report:
    """Counts the outcomes of an action.

    For each reason it keeps the first `named` jobs to which the action was not done.
    """

    def __init__(self, action: Action, named: int) -> None:
        self._action, self._named = action, named
        self.counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._examples: dict[str, list[Row]] = {}

    @property
    def total(self) -> int:
        """How many jobs were counted."""
        return self.counts.total()

    def add(self, row: Row) -> None:
        """Count the outcome of one job."""
        self.counts[row.outcome] += 1
        if row.outcome in (SKIPPED, FAILED):
            self._reasons[row.detail] += 1
            examples = self._examples.setdefault(row.detail, [])
            if len(examples) < self._named:
                examples.append(row)

    def add_done(self, count: int) -> None:
        """Count jobs to which the action was done, without their rows."""
        self.counts[DONE] += count

    def done(self) -> str:
        """What was done: "118 of 120 jobs cancelled; 1 asked to stop"."""
        done, asked = self.counts[DONE], self.counts[ASKED]
        if not done and not asked:
            return f"No job {self._action.done}"
        if not done:
            return f"{quantity(asked, 'job')} {ASKED}"
        count = quantity(done, "job")
        if done + asked != self.total:
            count = f"{done:,} of {quantity(self.total, 'job')}"
        return f"{count} {self._action.done}" + (f"; {asked:,} {ASKED}" if asked else "")

    def reasons(self) -> Iterator[Reason]:
        """Why the action was not done to the other jobs, the most frequent reasons first."""
        for detail, count in self._reasons.most_common(REASONS):
            is_sentence = detail[:1].isupper()
            text = f"not {self._action.done}: {detail.rstrip('.')}" if is_sentence else detail
            yield Reason(text, count, self._examples[detail])
        if others := sum(count for _, count in self._reasons.most_common()[REASONS:]):
            yield Reason(f"not {self._action.done} for other reasons", others, [])

    def sentence(self) -> str:
        """The whole report: "118 of 120 jobs cancelled; 2 had already completed."."""
        reasons = [f"{reason.count:,} {reason.text}" for reason in self.reasons()]
        return "; ".join([self.done(), *reasons]) + "."

    def result(self) -> dict[str, Any]:
        """The result of a bulk job: the count of each outcome, and the first jobs not done."""
        counts: dict[str, Any] = {self._action.outcome: self.counts[DONE]}
        if self._action.asks_to_stop:
            counts["asked_to_stop"] = self.counts[ASKED]
        counts |= {SKIPPED: self.counts[SKIPPED], FAILED: self.counts[FAILED]}
        not_done = [
            {"job": str(row.job_id), "name": row.name, "reason": detail}
            for detail, rows in self._examples.items()
            for row in rows
        ]
        return counts | {"not_done": not_done[: self._named]} if not_done else counts
