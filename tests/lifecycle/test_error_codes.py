"""Each error code of a failed job is explained in docs/lifecycle.md and has a label in ERRORS."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jobs.lifecycle import ERRORS

ROOT = Path(__file__).resolve().parents[2]
# failed("code", ...), end_attempt(job, code="code", ...), and the agent's own around it
ENDINGS = {"failed", "end_attempt", "_try_write"}


def codes_in(path: Path) -> Iterator[str]:
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in ENDINGS:
            given = [*call.args[:1], *(one.value for one in call.keywords if one.arg == "code")]
            yield from (one.value for one in given if isinstance(one, ast.Constant))


def test_every_error_code_is_documented_and_has_words():
    used = {code for path in (ROOT / "jobs").rglob("*.py") for code in codes_in(path)}
    section = (ROOT / "docs" / "lifecycle.md").read_text().split("## Error codes")[1]
    documented = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert used == documented == ERRORS.keys()
