"""No process starts with a wrongly declared job type."""

import shutil
import subprocess
import sys

import pytest
from django.conf import settings

from tests.support.processes import production

WRONG = """
from django import forms

from jobs.registry import job_type


class NightlyForm(forms.Form):
    at = forms.SplitDateTimeField()


@job_type(slug="nightly", label="Nightly", description="At night.", form=NightlyForm, {options})
def run(job, at):
    return None
"""
FIELD = "Job type nightly: the field at (SplitDateTimeField) has no single JSON value."
PERMISSION = "Job type nightly: no model declares its permission 'nope.nope'"
LIMIT = "Job type 'nightly': time_limit is '600'. Give a number of seconds above 0"
COMMANDS = {
    "check": [sys.executable, "manage.py", "check"],
    "web": ["gunicorn", "--config=python:backoffice.gunicorn", "--bind=127.0.0.1:0"],
    "worker": [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"],
    "upkeep": [sys.executable, "manage.py", "upkeep"],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a copy of the project, to which a test adds a job type."""
    project = tmp_path_factory.mktemp("project")
    for name in ("backoffice", "jobs", "templates", "static"):
        shutil.copytree(
            settings.BASE_DIR / name, project / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(settings.BASE_DIR / "manage.py", project)
    return project


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("options", "messages"),
    [('permission="nope.nope"', [FIELD, PERMISSION]), ('time_limit="600"', [LIMIT])],
    ids=["checks", "options"],
)
@pytest.mark.parametrize("process", COMMANDS)
def test_a_process_with_a_wrong_type_ends_and_says_why(
    project, tmp_path, process, options, messages
):
    (project / "jobs/types/nightly.py").write_text(WRONG.format(options=options))
    ended = subprocess.run(
        COMMANDS[process],
        cwd=project,
        env=production(
            FILES_DIR=str(tmp_path),
            STATIC_ROOT=str(tmp_path),
            DJANGO_SETTINGS_MODULE="backoffice.settings",
        ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode != 0
    for message in messages:
        assert message in ended.stderr + ended.stdout
