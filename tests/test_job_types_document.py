"""The example of docs/job-types.md runs as it is, and the page has every option."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone

from jobs import registry, services, types
from jobs.models import Source, Status
from jobs.registry import JobType
from tests.support.factories import make_user
from tests.support.polling import wait_until
from tests.support.processes import production

DOCUMENT = (Path(settings.BASE_DIR) / "docs/job-types.md").read_text()
[EXAMPLE] = re.findall(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)
OPTIONS = dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\| .*\|$", DOCUMENT, re.MULTILINE))


@pytest.fixture
def one_new_file(tmp_path, monkeypatch):
    """Load the example as a new file in jobs/types; gives a copy of the project with it."""
    project = tmp_path / "project"
    for name in ("backoffice", "jobs", "templates", "static"):
        shutil.copytree(
            settings.BASE_DIR / name, project / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    file = project / "jobs/types/idle_accounts.py"
    file.write_text(EXAMPLE)
    monkeypatch.setattr(types, "__path__", [*types.__path__, str(file.parent)])
    apps.get_app_config("jobs").ready()
    yield project
    registry.unregister("idle_accounts")
    del sys.modules["jobs.types.idle_accounts"]


@pytest.fixture
def worker(one_new_file, tmp_path):
    """A real worker of the project with the new file."""
    command = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"]
    with (tmp_path / "worker.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=one_new_file,
            env=production(
                FILES_DIR=os.environ["FILES_DIR"], DJANGO_SETTINGS_MODULE="backoffice.settings"
            ),
            stdout=log,
            stderr=log,
        )
        yield
        process.terminate()
        process.wait(60)


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
def test_one_new_file_is_a_job_type_that_a_worker_runs(worker):
    make_user(username="=idle()", last_login=timezone.now() - timedelta(days=31))
    make_user(username="busy", last_login=timezone.now())
    caller = services.Caller(user=None, name="test", source=Source.COMMAND)
    job = services.submit(caller, name="List idle accounts", params={"days": 30}).job
    wait_until(lambda: job.refresh_from_db() or job.is_settled)
    assert (job.status, job.result) == (Status.COMPLETED, {"accounts": 1}), job.error_message
    with storages["jobs"].open(job.files.get().stored_name) as file:
        assert b"'=idle()" in file.read()
    assert job.logs.get().message == "1 accounts are idle."


@pytest.mark.django_db
def test_one_new_file_is_on_the_launch_page(one_new_file, client):
    client.force_login(make_user("jobs.add_job", "jobs.view_job", "auth.view_user", is_staff=True))
    assert "List idle accounts" in client.get(reverse("admin:jobs_job_launch")).content.decode()


def test_the_document_tells_every_option_and_its_default():
    fields = {
        field.name: field.default for field in dataclasses.fields(JobType) if field.name != "run"
    }
    told = {name: default.strip("`") for name, default in OPTIONS.items()}
    assert told == {
        name: "" if default is dataclasses.MISSING else repr(default).replace("'", '"')
        for name, default in fields.items()
    }
