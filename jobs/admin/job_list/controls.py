"""The controls in the form of the job list, one for each filter."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from jobs import registry
from jobs.admin.job_list.rows import JobRow
from jobs.filters import PERIOD_LABELS, QUALIFIERS
from jobs.models import Source, Status

Choices = Collection[tuple[str, str]]


def _types() -> Choices:
    return [(one.slug, one.label) for one in registry.all()]


CHOICES: Mapping[str, Callable[[], Choices]] = {
    "status": lambda: Status.choices,
    "type": _types,
    "source": lambda: Source.choices,
    "active": lambda: [("true", "Waiting and running"), ("false", "Ended")],
    "created": PERIOD_LABELS.items,
    "ended": PERIOD_LABELS.items,
}
CHECKBOXES = ("mine", "unseen")
IN_FRONT = ("q", "type", "mine")  # the others are folded
MOMENTS = (
    "created_after",
    "created_before",
    "started_after",
    "started_before",
    "finished_after",
    "finished_before",
)


@dataclass(frozen=True)
class Control:
    """A control: what the reader typed into it, and what is wrong with that."""

    name: str
    label: str
    text: str
    errors: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Return how it is shown: choice, choices, checkbox, moment or text."""
        if self.name in CHOICES:
            return "choices" if self.name == "status" else "choice"
        if self.name in CHECKBOXES:
            return "checkbox"
        # The browser's input for times shows nothing of a text that is no time.
        return "moment" if self.name in MOMENTS and not self.errors else "text"

    @property
    def is_folded(self) -> bool:
        """Return whether it is among those that the page folds, one beside the other."""
        return self.name not in IN_FRONT and self.kind != "choices"

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """Return value, label and whether it is chosen; also of a value that is no choice."""
        choices, given = list(CHOICES[self.name]()), self.text.split(",") if self.text else []
        known = {value for value, _ in choices}
        choices += [(one, one) for one in given if one not in known]
        return [(value, label, value in given) for value, label in choices]


def suggestions(jobs: Collection[JobRow]) -> list[str]:
    """Return searches to suggest: of choices, and of values that jobs on the page have."""
    found = {
        "status": [label.lower() for _, label in Status.choices],
        "type": [slug for slug, _ in _types()],
        "source": list(Source.values),
        "by": ["me", *(job.created_by_name for job in jobs)],
        "token": [job.token_name for job in jobs],
        "queue": [job.queue for job in jobs],
        "error": [job.error_type or job.error_code for job in jobs],
        "about": [job.subject.reference for job in jobs if job.subject],
        "id": [],
    }
    return [
        f'{name}:"{value}"' if " " in value else f"{name}:{value}"
        for name in QUALIFIERS
        for value in dict.fromkeys(found[name])
        if value
    ]
