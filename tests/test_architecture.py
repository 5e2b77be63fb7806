"""The pages for people who change the code name files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TREES = ("backoffice", "benchmarks", "docs", "jobs", "static", "templates", "tests")
FILES = [str(path.relative_to(ROOT)) for tree in TREES for path in (ROOT / tree).rglob("*")]
NAMED = r"`([\w./-]+(?:/|\.(?:py|html|md)))`"


@pytest.mark.parametrize("page", ["architecture", "contributing"])
def test_every_file_and_folder_that_a_page_names_exists(page):
    text = (ROOT / "docs" / f"{page}.md").read_text()
    names = {name.rstrip("/") for name in re.findall(NAMED, text)}
    assert names
    present = [name for name in names if (ROOT / name).exists()]
    missing = names.difference(present)
    assert [
        name for name in missing if not any(f"/{file}".endswith(f"/{name}") for file in FILES)
    ] == []


@pytest.mark.parametrize("page", ["architecture", "contributing"])
def test_every_dotted_name_of_a_module_and_its_function_exists(page):
    text = (ROOT / "docs" / f"{page}.md").read_text()
    for module, function in re.findall(r"`(?:\w+/)*([a-z_]+)\.(?!html)([a-z_]{4,})`", text):
        sources = [(ROOT / file).read_text() for file in FILES if file.endswith(f"/{module}.py")]
        assert any(f"def {function}(" in source for source in sources), f"{module}.{function}"
