"""Lists names that two modules of jobs or backoffice define: `python -m tests.names`.

A name at the top of a module must have one meaning, so that grep finds its one definition. A name
that two modules define counts, whether or not its meanings look alike. Imports do not count.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXCEPTIONS = {
    "logger": "every module's own, by the logging HOWTO of Python",
    "Command": "Django looks for it in every management command",
    "urlpatterns": "Django looks for it in every URLconf",
    "__all__": "Python's list of what a package exports",
    "_": "functions that are registered by a decorator and never called by name",
}


def modules() -> list[Path]:
    """Return the modules of jobs and backoffice, without migrations."""
    found = [path for name in ("backoffice", "jobs") for path in (ROOT / name).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def defined(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Yield the classes, functions and variables that statements at the top of a module define."""
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield statement.name
            case ast.Assign() | ast.AnnAssign():
                targets = getattr(statement, "targets", None) or [statement.target]
                nodes = (node for target in targets for node in ast.walk(target))
                yield from (node.id for node in nodes if isinstance(node, ast.Name))
            case ast.If() | ast.Try():
                handlers = getattr(statement, "handlers", [])
                yield from defined([*statement.body, *statement.orelse])
                yield from defined(line for handler in handlers for line in handler.body)


def defined_twice() -> dict[str, list[Path]]:
    """Map each name that two or more modules define to these modules."""
    places: dict[str, list[Path]] = defaultdict(list)
    for path in modules():
        for name in set(defined(ast.parse(path.read_text()).body)) - set(EXCEPTIONS):
            places[name].append(path.relative_to(ROOT))
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


if __name__ == "__main__":
    twice = defined_twice()
    for name, paths in twice.items():
        sys.stdout.write(f"{name}: {' '.join(map(str, paths))}\n")
    sys.stdout.write(f"{len(twice)} names are defined in two or more modules\n")
