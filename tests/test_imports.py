"""Keeps imports pointing the way a job travels (README, "Map"; docs/architecture.md, "Floors")."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Each may import what stands before it, and itself.
ORDER = [
    "safe_text",
    "errors",
    "signals",
    "trace_context",
    "limits",
    "alive",
    "durations",
    "quantities",
    "app_settings",
    "admin_site",
    "database",
    "models",
    "lifecycle",
    "tracing",
    "storage",
    "about",
    "uploads",
    "options",
    "registry",
    "parameters",
    "handler",
    "engine",
    "stats",
    "explain",
    "access",
    "filters",
    "held_threads",
    "download",
    "services",
    "types",
    "testing",
]
DOORS = {"api", "admin", "management"}
# The loader of the application and its system checks look at everything, and nothing looks at them.
FREE = {"apps", "checks", "discovery", "migrations", "setup_checks", "templatetags"}


def imported(path: Path) -> set[str]:
    """The dotted names that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def parts(names: set[str]) -> set[str]:
    """The parts of jobs (models, engine ...) among dotted names."""
    return {name.split(".")[1] for name in names if name.startswith("jobs.")}


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / "jobs").parts[0].removesuffix(".py")


def mapped() -> list[str]:
    """The parts of jobs in the order of README's map."""
    section = (ROOT / "README.md").read_text().split("## Map")[1]
    lines = re.findall(r"^  ([a-z_]+(?: [a-z_]+)*)  ", section, re.MULTILINE)
    return [part for line in lines for part in line.split()]


def test_the_map_in_the_readme_is_the_order_of_imports():
    assert mapped() == [part for part in ORDER if part != "safe_text"]


FILES = sorted((ROOT / "jobs").rglob("*.py"))


def floors() -> dict[str, int]:
    """The floor of each part, by the graph of docs/architecture.md."""
    found: dict[str, int] = {}
    for paragraph in graph().split("\n\n"):
        floor = int(paragraph.split()[0])
        found |= dict.fromkeys(
            re.findall(r"^(?:\d| ) {2}([a-z_]+)", paragraph, re.MULTILINE), floor
        )
    return found


def arrows() -> dict[str, set[str]]:
    """The parts to which the arrows of each part lead, by the graph of docs/architecture.md."""
    return {
        part: set(to.split())
        for part, to in re.findall(r"([a-z_]+) +-> (.+)$", graph(), re.MULTILINE)
    }


def graph() -> str:
    section = (ROOT / "docs" / "architecture.md").read_text().split("## Floors")[1]
    return section.split("```")[1].strip("\n")


def imports_between_parts() -> dict[str, set[str]]:
    """The other parts that each part imports."""
    found: dict[str, set[str]] = {}
    for path in FILES:
        part = part_of(path)
        found[part] = found.get(part, set()) | (parts(imported(path)) - {part, "__init__"})
    return {part: found[part] for part in [*ORDER, *DOORS]}


def reached(part: str) -> set[str]:
    """The parts to which the arrows lead from `part`, directly or through others."""
    next_parts = arrows().get(part, set())
    return next_parts.union(*map(reached, next_parts))


def test_the_graph_of_the_architecture_has_every_part():
    assert sorted(floors()) == sorted([*ORDER, *DOORS])


def test_every_arrow_of_the_graph_is_an_import_and_leads_to_a_lower_floor():
    drawn, real = arrows(), imports_between_parts()
    assert {part: to - real[part] for part, to in drawn.items() if to - real[part]} == {}
    assert [
        (part, to) for part in drawn for to in drawn[part] if floors()[to] >= floors()[part]
    ] == []


def test_every_import_between_parts_follows_the_arrows_of_the_graph():
    real = imports_between_parts()
    assert {part: to - reached(part) for part, to in real.items() if to - reached(part)} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_of_jobs_imports_only_what_stands_left_of_it(path):
    part = part_of(path)
    if part in FREE or part == "__init__":
        return
    allowed = set(ORDER) | {part} if part in DOORS else set(ORDER[: ORDER.index(part) + 1])
    assert parts(imported(path)) - allowed <= {"__init__"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_jobs_never_imports_the_project(path):
    assert not {name for name in imported(path) if name.split(".")[0] == "backoffice"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_celery_is_imported_in_the_engine_only(path):
    foreign = {
        name for name in imported(path) if name.split(".")[0] in ("celery", "kombu", "billiard")
    }
    assert part_of(path) == "engine" or not foreign


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert not [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)], (
                node.name
            )
