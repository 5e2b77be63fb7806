"""How many jobs of a type may run at a time."""

from typing import NamedTuple


class Limit(NamedTuple):
    """At most `at_most` jobs of a type, or of each value of its parameter `by`, run at a time."""

    at_most: int
    by: str = ""
