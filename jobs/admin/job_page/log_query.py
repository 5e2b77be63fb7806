"""Which lines of a log to show, as the address of a job's page says it."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from jobs.safe_text import storable

LAST_LINE = 2**31 - 1
FIND_LIMIT = 200
LEVELS_LIMIT = 10


@dataclass(frozen=True)
class LogQuery:
    """Levels (none is all of them), a text to find, and a place; without a place the last lines.

    The place is one of `before`, `after` and `line`: numbers of lines.
    """

    levels: tuple[str, ...] = ()
    find: str = ""
    before: int | None = None
    after: int | None = None
    line: int | None = None

    @classmethod
    def of(cls, query: QueryDict) -> "LogQuery":
        """Return the query in an address; what is not a line number is left out."""
        levels = [storable(level, FIND_LIMIT) for level in query.getlist("level") if level]
        return cls(
            levels=tuple(sorted(set(levels[:LEVELS_LIMIT]))),
            find=storable(query.get("find", ""), FIND_LIMIT),
            before=line_number(query.get("before")),
            after=line_number(query.get("after")),
            line=line_number(query.get("line")),
        )

    @property
    def is_narrowed(self) -> bool:
        """Return whether it leaves lines out, by level or text."""
        return bool(self.levels or self.find)

    @property
    def has_place(self) -> bool:
        """Return whether it asks for other lines than the last ones."""
        return (self.before, self.after, self.line) != (None, None, None)

    def address(self, **place: int) -> str:
        """Return the address of the same levels and text at another place; without one, the last.

        It ends with the line, so that the browser scrolls to it.
        """
        values: list[tuple[str, Any]] = [("level", level) for level in self.levels]
        values += [("find", self.find)] if self.find else []
        fragment = f"L{place['line']}" if "line" in place else "log"
        return f"?{urlencode([*values, *place.items()])}#{fragment}"

    def with_level(self, level: str) -> "LogQuery":
        """Return the query with the level added, or removed if it is there."""
        return replace(self, levels=tuple(sorted({*self.levels} ^ {level})))


def line_number(text: str | None) -> int | None:
    try:
        number = int(text or "")
    except ValueError:
        return None
    return max(0, min(number, LAST_LINE))
