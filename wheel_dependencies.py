"""The dependencies of the wheel: those that requirements.in lists above the line "The site"."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Dependencies(MetadataHookInterface):
    """Sets `dependencies` of the project."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dependencies."""
        listed, end, _ = (
            Path(self.root, "requirements.in").read_text().partition("\n# --- The site")
        )
        if not end:
            raise ValueError('requirements.in lacks the line "# --- The site".')
        lines = [line.partition("#")[0].strip() for line in listed.splitlines()]
        metadata["dependencies"] = [line for line in lines if line]
