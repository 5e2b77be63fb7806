"""The table of supported versions agrees with what processes refuse and tests try."""

import re
import tomllib

from django.conf import settings
from django.db.backends.postgresql.features import DatabaseFeatures

from jobs.engine.broker_fault import LEAST_REDIS
from tests.deploy.test_kubernetes import VERSIONS
from tests.matrix import PYTHONS

GUIDE = (settings.BASE_DIR / "docs/operations.md").read_text()
ROWS = {
    name: [cell.strip() for cell in cells.split("|")]
    for name, cells in re.findall(
        r"^\| (\w+) \| (.*) \|$",
        GUIDE.partition("## Supported versions")[2].partition("\n## ")[0],
        re.MULTILINE,
    )
}


def test_the_table_says_what_is_refused():
    [postgresql] = map(str, DatabaseFeatures.minimum_database_version)
    assert ROWS["PostgreSQL"][-1] == f"before {postgresql}"
    assert ROWS["Redis"][-1].startswith(f"before {'.'.join(map(str, LEAST_REDIS))};")
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    least = project["requires-python"].removeprefix(">=")
    assert ROWS["Python"][-1] == f"before {least}"
    assert least == PYTHONS[0]


def test_the_table_names_what_is_tried():
    assert set(re.findall(r"3\.\d+", " ".join(ROWS["Python"]))) == set(PYTHONS)
    assert re.findall(r"1\.\d+", ROWS["Kubernetes"][0]) == list(VERSIONS)
    packages = (settings.BASE_DIR / "requirements.in").read_text()
    series = re.search(r"^django~=(\d+\.\d+)", packages, re.MULTILINE)[1]
    assert ROWS["Django"][0].startswith(f"{series},")
    ci = (settings.BASE_DIR / ".ci/run").read_text()
    assert "make matrix ARGS=--brief" in ci
    debian = re.search(r"postgresql-(\d+)", ci)[1]
    assert f"Debian's {debian}" in ROWS["PostgreSQL"][0]
