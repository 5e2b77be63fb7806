"""Links above the job list: tabs, periods and chips."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tab:
    """A tab above the list: all ("" as its status), one status, or the failures to review."""

    label: str
    status: str
    count: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class PeriodLink:
    """A period of creation that a click chooses, or drops if it is chosen."""

    label: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class Chip:
    """A filter that is set: its label, and the list's address without it."""

    label: str
    query: str
