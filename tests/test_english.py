"""Keeps words that hide the subject of a sentence rare in docstrings, comments, documents and pages."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VAGUE = re.compile(
    r"\b(whoever|nobody|somebody|anybody|whatever|whichever|shall|told|meanwhile|anew|of ours)\b",
    re.IGNORECASE,
)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


def prose_of(path):
    """The docstrings and comments of a program; the text of a document or a page without its tags."""
    text = path.read_text()
    if path.suffix != ".py":
        return re.sub(r"{%.*?%}|{{.*?}}|<[^>]+>", " ", text)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [one.string for one in tokens if one.type == tokenize.COMMENT]
    docstrings = [
        ast.get_docstring(node) for node in ast.walk(ast.parse(text)) if isinstance(node, DOCUMENTED)
    ]
    return "\n".join([*comments, *filter(None, docstrings)])


@pytest.mark.parametrize(
    "pattern", ["backoffice/**/*.py", "jobs/**/*.py", "docs/*.md", "templates/**/*.html"]
)
def test_fewer_than_two_of_a_thousand_words_hide_the_subject(pattern):
    texts = [prose_of(path) for path in ROOT.glob(pattern)]
    count = sum(len(VAGUE.findall(text)) for text in texts)
    assert count < sum(len(text.split()) for text in texts) * 2 / 1000
