"""Measures lines, files, functions and import circles: `python -m tests.sizes`.

Migrations are left out, since an applied migration is not edited. A function's length is the number
of its lines from `def` to its end, without its docstring: a long explanation makes no function
harder to read. Functions inside a function count on their own, and in the outer one.
"""

import ast
import statistics
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TREES = ("backoffice", "benchmarks", "examples", "jobs", "static", "templates", "tests")
CIRCLE_TREES = ("backoffice", "jobs")
COLUMNS = 100
Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*suffixes: str) -> list[Path]:
    """Return the files of the project with these suffixes, without what npm installs."""
    found = [path for tree in TREES for path in (ROOT / tree).rglob("*") if path.suffix in suffixes]
    return sorted(path for path in found if "node_modules" not in path.parts)


def modules() -> list[Path]:
    """Return the project's Python files, without migrations."""
    return [path for path in files(".py") if "migrations" not in path.parts]


def long_lines() -> list[str]:
    """Return the place of each line over 100 columns, in Python, CSS and JavaScript."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*modules(), *files(".css", ".js")]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > COLUMNS
    ]


def lines_of_files() -> dict[str, int]:
    """Return the number of lines of each module."""
    return {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()}


def lines_of_functions() -> dict[str, int]:
    """Return the number of lines of each function, without its docstring."""
    return {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": length(node)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, Function)
    }


def length(function: Function) -> int:
    """Return the lines of a function from `def` to its end, without its docstring."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function, clean=False) is not None:
        docstring = function.body[0]
        lines -= docstring.end_lineno - docstring.lineno + 1
    return lines


def share(lengths: Iterable[int], percent: int) -> int:
    """Return the length that `percent` of the lengths do not exceed."""
    ordered = sorted(lengths)
    return ordered[-(-len(ordered) * percent // 100) - 1]


def circles() -> list[list[str]]:
    """Return the groups of modules of jobs and backoffice that import each other in a circle."""
    names = {dotted(path): path for path in modules() if path.parts[-1] != "__main__.py"}
    ours = {name: path for name, path in names.items() if name.split(".")[0] in CIRCLE_TREES}
    arrows = {name: set(imported(name, path, ours)) for name, path in ours.items()}
    reach = {name: reached(name, arrows) for name in arrows}
    groups = {frozenset(to for to in reach[name] if name in reach[to]) for name in arrows}
    return sorted(sorted(group) for group in groups if group)


def dotted(path: Path) -> str:
    """Return the dotted name of a module."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(name: str, path: Path, known: Iterable[str]) -> Iterator[str]:
    """Yield the modules that a module imports, but not the packages around them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                submodule = f"{node.module}.{one.name}"
                found = submodule if submodule in known else node.module
                if found in known and found != name:
                    yield found


def reached(start: str, arrows: dict[str, set[str]]) -> set[str]:
    """Return the modules to which the imports of one lead, directly or through others."""
    found: set[str] = set()
    next_ones = set(arrows[start])
    while next_ones:
        found |= next_ones
        next_ones = {to for name in next_ones for to in arrows[name]} - found
    return found


def figures(lengths: Iterable[int]) -> str:
    """Return how many there are, their median, their 95th percentile and the largest, as text."""
    found = sorted(lengths)
    middle = statistics.median(found)
    return (
        f"{len(found)}, median {middle:g} lines, 95 % at most {share(found, 95)}, all {found[-1]}"
    )


def report() -> str:
    """Return all figures, with the largest files and functions."""
    sizes, functions = lines_of_files(), lines_of_functions()
    largest = sorted(sizes, key=sizes.get, reverse=True)[:30]
    longest = sorted(functions, key=functions.get, reverse=True)[:10]
    return "\n".join(
        [
            f"lines over {COLUMNS} columns: {len(long_lines())}",
            f"files: {figures(sizes.values())}",
            *(f"  {sizes[name]} {name}" for name in largest),
            f"functions: {figures(functions.values())}",
            *(f"  {functions[name]} {name}" for name in longest),
            f"circles of imports: {circles()}",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
