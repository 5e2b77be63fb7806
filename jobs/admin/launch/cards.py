"""The job types to choose from, as cards: how they usually run, in groups, and a search."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs import access, registry, stats
from jobs.admin.job_list.rows import cached_usual_durations
from jobs.models import Status
from jobs.registry import JobType
from jobs.stats import Run, Usual

UNGROUPED_TYPES = 8  # with more types, the page has groups and a search
BAR_STEP, BAR_HEIGHT, SHORTEST_RUN_BAR = 6, 22, 3  # pixels
NO_GROUP = "Other"


@dataclass(frozen=True)
class RunBar:
    """A run in the chart of a card; the longest run is the highest."""

    x: int
    y: int
    height: int
    status: str


@dataclass(frozen=True)
class TypeCard:
    """A job type to choose, its usual duration, and its last runs, newest first."""

    type: JobType
    usual: Usual | None
    runs: Sequence[Run]

    @property
    def last(self) -> Run | None:
        """The last run, if there is one."""
        return self.runs[0] if self.runs else None

    @property
    def success_percent(self) -> int | None:
        """The share of completed runs among the last that were not cancelled; None without any."""
        counts = Counter(run.status for run in self.runs)
        ended = counts[Status.COMPLETED] + counts[Status.FAILED]
        # Rounded down: 100 % says that none failed.
        return 100 * counts[Status.COMPLETED] // ended if ended else None

    @property
    def runs_text(self) -> str:
        """The last runs in words, for the tooltip and for screen readers."""
        counts = Counter(run.status for run in self.runs)
        parts = [f"{counts[one]} {one.label.lower()}" for one in Status if counts[one]]
        return f"Last runs: {', '.join(parts)}"

    @property
    def bars(self) -> list[RunBar]:
        """The last runs from left to right, as high as they took long."""
        longest = max((run.seconds for run in self.runs), default=0) or 1
        bars = []
        for number, run in enumerate(reversed(self.runs)):
            # By the square root: beside a run of an hour, one of a minute still differs from none.
            share = (max(0.0, run.seconds) / longest) ** 0.5
            height = max(SHORTEST_RUN_BAR, round(BAR_HEIGHT * share))
            bars.append(RunBar(BAR_STEP * number, BAR_HEIGHT - height, height, run.status))
        return bars

    @property
    def search_text(self) -> str:
        """What the search finds the card by."""
        one = self.type
        return searchable(f"{one.label} {one.description} {one.slug} {one.group}")


@dataclass(frozen=True)
class CardGroup:
    """The cards under one heading; "" if the page has no headings."""

    title: str
    cards: list[TypeCard]


@dataclass(frozen=True)
class Choice:
    """The launch page: groups of cards, and the types for maintenance."""

    groups: list[CardGroup]
    maintenance: list[TypeCard]
    has_search: bool
    searched: str


def choice_of(user: Any, searched: str) -> Choice:
    """The types that the user may launch and that match, the last used first; two queries."""
    cards = _cards([one for one in registry.all() if access.may_launch(user, one)])
    everyday = [card for card in cards if not card.type.is_maintenance]
    has_search = len(everyday) > UNGROUPED_TYPES
    words = searchable(searched).split()
    matching = [card for card in cards if all(word in card.search_text for word in words)]
    shown = [card for card in matching if not card.type.is_maintenance]
    return Choice(
        groups=_groups(shown) if has_search else [CardGroup("", shown)] if shown else [],
        maintenance=[card for card in matching if card.type.is_maintenance],
        has_search=has_search or bool(words),
        searched=searched,
    )


def _cards(types: Sequence[JobType]) -> list[TypeCard]:
    slugs = {one.slug for one in types}
    usual, runs = cached_usual_durations(slugs), stats.recent_runs(slugs)
    cards = [TypeCard(one, usual.get(one.slug), runs.get(one.slug, [])) for one in types]
    # Types that never ran stay in the order of their labels.
    return sorted(cards, key=lambda card: -card.last.finished_at.timestamp() if card.last else 0)


def _groups(cards: Sequence[TypeCard]) -> list[CardGroup]:
    """The cards by their types' groups, those without one at the end."""
    names = sorted({card.type.group for card in cards}, key=lambda name: (not name, name.lower()))
    return [
        CardGroup(name or NO_GROUP, [card for card in cards if card.type.group == name])
        for name in names
    ]


def searchable(text: str) -> str:
    """The text without accents and in lower case, as types.js compares it, too."""
    parts = unicodedata.normalize("NFD", text)
    return "".join(one for one in parts if not unicodedata.combining(one)).lower()
