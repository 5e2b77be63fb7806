"""Counts as text."""

from jobs.stats import CAP


def capped_count(count: int | None, cap: int = CAP) -> str:
    """A count for display: "123", "1,000+" beyond the cap, "?" if counting took too long."""
    if count is None:
        return "?"
    return f"{cap:,}+" if count > cap else f"{count:,}"
