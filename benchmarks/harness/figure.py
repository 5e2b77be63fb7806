"""One measured figure with the bound it should keep."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A ratio or a count, never seconds alone: machines differ, also from day to day."""

    what: str
    value: float
    at_most: float | None = None
    at_least: float | None = None
    details: dict[str, object] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the value keeps its bounds."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)

    def shown(self) -> dict[str, object]:
        """The figure for JSON."""
        bounds = {"at_most": self.at_most, "at_least": self.at_least}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        return {
            "what": self.what,
            "value": round(self.value, 3),
            **given,
            "holds": self.holds,
            **self.details,
        }
