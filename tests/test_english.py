"""Counts words that make sentences hard to read, and holds them at most at 2 per 1,000 words.

They avoid a sentence's subject ("whoever"), define by negation ("is none") or replace a term of the
field ("shall" for "must").
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = ("backoffice", "jobs", "tests", "benchmarks", "examples")
HARD = re.compile(
    r"\b([Ww]hoever|[Nn]obody|[Ss]omebody|[Aa]nybody|[Ww]hatever|[Ww]hichever|shall|told"
    r"|[Mm]eanwhile|anew|but that|of (?:ours|theirs)|for eyes|is none|are none)\b"
)
AT_MOST = 2.0
MARKUP = re.compile(r"{[{%#].*?[}%#]}|<[^>]*>|```.*?```|`[^`]*`", re.DOTALL)


def sources() -> list[Path]:
    return [path for name in CODE for path in (ROOT / name).rglob("*.py")]


def prose(path: Path) -> Iterator[str]:
    """Yield the comments and docstrings of a module."""
    text = path.read_text()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# ")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""


def strings(path: Path) -> Iterator[str]:
    """Yield a module's strings but docstrings: messages, labels, help texts and log lines."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body[0] for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    docstrings = {id(getattr(first, "value", None)) for first in bodies}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node.value


def code_prose() -> Iterator[str]:
    for path in sources():
        yield from prose(path)


def documents() -> Iterator[str]:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        yield MARKUP.sub(" ", path.read_text())


def interface() -> Iterator[str]:
    for path in (ROOT / "templates").rglob("*.html"):
        yield MARKUP.sub(" ", path.read_text())
    for path in (ROOT / "static").rglob("*.js"):
        yield path.read_text()
    for name in ("backoffice", "jobs"):
        for path in (ROOT / name).rglob("*.py"):
            yield from strings(path)


@pytest.mark.parametrize("texts", [code_prose, documents, interface], ids=lambda one: one.__name__)
def test_sentences_are_plain(texts, capsys):
    text = "\n".join(texts())
    words = len(re.findall(r"[A-Za-z']+", text))
    hard = [found.group().lower() for found in HARD.finditer(text)]
    share = 1000 * len(hard) / words
    with capsys.disabled():
        sys.stdout.write(f"\n{texts.__name__}: {share:.1f} of 1,000 words {sorted(set(hard))}\n")
    assert share <= AT_MOST
