"""The outcomes of a bulk action: for each job, and counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.services.actions.action import Action

DONE, ASKED, SKIPPED, FAILED = "done", "asked to stop", "skipped", "failed"
REACHED = (DONE, ASKED)
REASONS = 3


@dataclass(frozen=True)
class Row:
    """The outcome of one job: DONE, ASKED, SKIPPED or FAILED.

    `detail` says why it was not done, either as the end of a sentence about the job ("had already
    completed") or as a sentence of its own, with a capital. Of a job launched again it is the id of
    the new one.
    """

    job_id: UUID
    name: str
    status_before: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True)
class Reason:
    """Why the action was not done to `count` jobs, of which `examples` are the first."""

    words: str
    count: int
    examples: list[Row]


class Report:
    """Counts the rows of an action, and keeps the first `named` to which it was not done for each reason."""

    def __init__(self, action: Action, named: int) -> None:
        self._action, self._named = action, named
        self.counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._examples: dict[str, list[Row]] = {}

    @property
    def total(self) -> int:
        """How many jobs it knows of."""
        return self.counts.total()

    def add(self, row: Row) -> None:
        """Count the outcome of a job."""
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
        """How many jobs the action was done to, of how many: "118 of 120 jobs cancelled; 1 asked to stop"."""
        done, asked = self.counts[DONE], self.counts[ASKED]
        if not done and not asked:
            return f"No job {self._action.done}"
        all_of_them = done + asked == self.total
        whole = jobs_in_words(done) if all_of_them else f"{done:,} of {jobs_in_words(self.total)}"
        parts = [f"{whole} {self._action.done}"] if done else []
        if asked:
            parts.append(
                f"{asked:,} asked to stop" if parts else f"{jobs_in_words(asked)} asked to stop"
            )
        return "; ".join(parts)

    def reasons(self) -> Iterator[Reason]:
        """Why it was not done to the others, the most frequent reasons first."""
        for detail, count in self._reasons.most_common(REASONS):
            is_sentence = detail[:1].isupper()
            words = f"not {self._action.done}: {detail.rstrip('.')}" if is_sentence else detail
            yield Reason(words, count, self._examples[detail])
        if others := sum(count for _, count in self._reasons.most_common()[REASONS:]):
            yield Reason(f"not {self._action.done} for other reasons", others, [])

    def sentence(self) -> str:
        """All of it: "118 of 120 jobs cancelled; 2 had already completed."."""
        reasons = [f"{reason.count:,} {reason.words}" for reason in self.reasons()]
        return "; ".join([self.done(), *reasons]) + "."

    def result(self) -> dict[str, Any]:
        """The result of a bulk job: the count of each outcome, and the first jobs left out."""
        outcomes = [DONE, *([ASKED] if self._action.asks_to_stop else []), SKIPPED, FAILED]
        names = {DONE: self._action.outcome, ASKED: ASKED.replace(" ", "_")}
        counts = {names.get(one, one): self.counts[one] for one in outcomes}
        not_done = [
            {"job": str(row.job_id), "name": row.name, "reason": detail}
            for detail, rows in self._examples.items()
            for row in rows
        ]
        return counts | ({"not_done": not_done[: self._named]} if not_done else {})


def jobs_in_words(count: int) -> str:
    """ "1 job", "1,200 jobs"."""
    return "1 job" if count == 1 else f"{count:,} jobs"
