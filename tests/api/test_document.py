"""The commands and the program in docs/api.md work on a running server with a worker."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from jobs.api.http.filters import ApiFilters
from jobs.models import Job
from tests.support.polling import wait_until

DOCUMENT = (Path(settings.BASE_DIR) / "docs/api.md").read_text()
SHELL = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
[PROGRAM] = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.fixture
def caller(make_client):
    """The owner of the token in the commands."""
    return make_client("jobs.add_job", "jobs.view_job")


@pytest.fixture
def run(api_site, caller, tmp_path):
    """Run a command with $API and $TOKEN set; return its output."""

    def run(*command: str, **more: str) -> str:
        environment = {"PATH": os.environ["PATH"], "API": api_site, "TOKEN": caller.token} | more
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_each_command_succeeds(run):
    first, *others = SHELL
    job = json.loads(run("sh", "-c", first))
    assert job["status"] == "PENDING"
    wait_until(lambda: Job.objects.get(id=job["id"]).status == "COMPLETED")
    for line in others:
        answer = json.loads(run("sh", "-c", line, ID=job["id"]))
        # The job of the example has completed by then, which forbids these; all else succeeds.
        refused = "/cancel/" in line or "/acknowledge/" in line
        assert answer.get("code") == ("conflict" if refused else None), answer


def test_the_program_submits_waits_and_fetches(run, tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    printed = run(sys.executable, "program.py")
    assert "COMPLETED" in printed
    name, size, _ = printed.splitlines()[-1].rsplit(" ", 2)
    assert (tmp_path / name).stat().st_size == int(size)


def test_every_filter_is_named():
    for name in ApiFilters.base_filters:
        stem, _, moment = name.partition("_")
        assert (
            f"`{stem}_`" in DOCUMENT if moment in ("after", "before") else f"`{name}`" in DOCUMENT
        )
