"""SQL takes statuses from Status, so that grep finds each use."""

import ast
import re
from pathlib import Path

from jobs.models import Status

JOBS = Path(__file__).resolve().parent.parent.parent / "jobs"
LITERAL = re.compile(f"'(?:{'|'.join(Status.values)})'")


def test_no_sql_spells_a_status():
    spelled = [
        f"{path}:{node.lineno}"
        for path in JOBS.rglob("*.py")
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and LITERAL.search(node.value)
    ]
    assert spelled == []
