"""The blocks of code in docs/job-types.md."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NAME = "docs/job-types.md"
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`(examples/[\w/]+\.py)`:\n\n$")


@dataclass(frozen=True)
class Block:
    """A block: its language, its text, the heading above it, and the file that it shows."""

    language: str
    text: str
    heading: str
    number: int  # under its heading, from 1
    line: int
    path: str

    @property
    def name(self) -> str:
        """The heading, with the number of the block under it."""
        return f"{self.heading} {self.number}"

    def run(self, **names: Any) -> dict[str, Any]:
        """Execute Python, in which `names` are known; returns what it defines."""
        space = {"__name__": f"guide_{self.line}", **names}
        exec(compile("\n" * self.line + self.text, NAME, "exec"), space)
        return space


def blocks() -> list[Block]:
    """All blocks, in the order of the page."""
    document = (ROOT / NAME).read_text()
    found: list[Block] = []
    for fence in FENCE.finditer(document):
        before = document[: fence.start()]
        prose = FENCE.sub("", before)
        heading = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)[-1]
        shown = FILE.search(before)
        text = re.sub(f"^{fence[1]}", "", fence[3], flags=re.MULTILINE)
        number = sum(one.heading == heading for one in found) + 1
        line = before.count("\n") + 1
        path = shown[1] if shown else ""
        found.append(Block(fence[2], text, heading, number, line, path))
    return found


BLOCKS = blocks()
BY_NAME = {one.name: one for one in BLOCKS}
