"""The types that the live workers of each queue know: during a deploy they may differ."""

from collections import defaultdict
from dataclasses import dataclass, field

from jobs.database import WORKER_DB
from jobs.models import Worker


@dataclass(frozen=True)
class Fleet:
    """The live workers that serve one queue. `known` is None if there are none."""

    known: list[str] | None = None  # the types that any of them knows
    mixed: list[str] = field(default_factory=list)  # of those, the ones that not all of them know


def fleets() -> dict[str, Fleet]:
    """Return the fleet of each queue that a live worker serves; one query."""
    known: dict[str, list[set[str]]] = defaultdict(list)
    for queues, types in Worker.objects.using(WORKER_DB).live().values_list("queues", "types"):
        for queue in queues:
            known[queue].append(set(types))
    return {queue: _fleet(types) for queue, types in known.items()}


def _fleet(types: list[set[str]]) -> Fleet:
    known = sorted(set[str]().union(*types))
    return Fleet(known, [one for one in known if not all(one in each for each in types)])
