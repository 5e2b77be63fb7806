"""The first type of docs/job-types.md runs as it is, and the page has every option."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.urls import reverse
from django.utils import timezone

from jobs import registry
from jobs.models import Job, Status
from jobs.registry import JobType
from tests.guide.document import BY_NAME, ROOT
from tests.support.factories import make_user
from tests.support.polling import wait_until
from tests.support.processes import production

DOCUMENT = (ROOT / "docs/job-types.md").read_text()
OPTIONS = dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\| .*\|$", DOCUMENT, re.MULTILINE))
PROJECT = ("backoffice", "jobs", "templates", "static", "manage.py")
WORKER = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"]


def git(place, *arguments):
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    done = subprocess.run(
        ["git", *author, *arguments], cwd=place, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def one_new_file(tmp_path):
    """A repository with the project and an empty app, to which the first type is added."""
    place = tmp_path / "site"
    for name in PROJECT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        place.mkdir(exist_ok=True)
        copy(ROOT / name, place / name)
    (place / "staff").mkdir()
    (place / "staff/__init__.py").touch()
    (place / ".gitignore").write_text("__pycache__/\n")
    git(place, "init", "--quiet")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", "--message", "As it was")
    (place / "staff/job_types.py").write_text(BY_NAME["A first type 1"].text)
    return place


def environment(place):
    names = {"EXTRA_APPS": "staff", "PYTHONPATH": str(place), "FILES_DIR": os.environ["FILES_DIR"]}
    return production(DJANGO_SETTINGS_MODULE="backoffice.settings", **names)


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
def test_a_new_type_is_one_file_and_no_other_edit(one_new_file, tmp_path):
    make_user(username="=idle()", last_login=timezone.now() - timedelta(days=31))
    make_user(username="busy", last_login=timezone.now())
    text = BY_NAME["A first type 2"].text.replace("/srv/site", str(one_new_file))
    command = f'manage.py() {{ "{sys.executable}" manage.py "$@"; }}\n{text}'
    done = subprocess.run(
        ["bash", "-euc", command],
        cwd=one_new_file,
        env=environment(one_new_file),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    job = Job.objects.get()
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            WORKER, cwd=one_new_file, env=environment(one_new_file), stdout=log, stderr=log
        )
        try:
            wait_until(lambda: job.refresh_from_db() or job.is_settled, 60)
        finally:
            worker.terminate()
            worker.wait(60)
    assert (job.status, job.result) == (Status.COMPLETED, {"accounts": 1}), job.error_message
    with storages["jobs"].open(job.files.get().stored_name) as file:
        assert b"'=idle()" in file.read()
    assert job.logs.get().message == "1 accounts are idle."
    git(one_new_file, "add", "--intent-to-add", ".")
    changed, summary = git(one_new_file, "diff", "--stat").splitlines()
    assert changed.split()[0] == "staff/job_types.py"
    assert summary.startswith(" 1 file changed")
    assert "deletion" not in summary


@pytest.mark.django_db
def test_the_first_type_is_on_the_launch_page(client):
    space = BY_NAME["A first type 1"].run()
    try:
        client.force_login(
            make_user("jobs.add_job", "jobs.view_job", "auth.view_user", is_staff=True)
        )
        page = client.get(reverse("admin:jobs_job_launch")).content.decode()
        assert registry.get("idle_accounts").run is space["run"]
    finally:
        registry.unregister("idle_accounts")
    assert "List idle accounts" in page


def test_the_document_tells_every_option_and_its_default():
    fields = {
        field.name: field.default for field in dataclasses.fields(JobType) if field.name != "run"
    }
    told = {name: default.strip("`") for name, default in OPTIONS.items()}
    assert told == {
        name: "" if default is dataclasses.MISSING else repr(default).replace("'", '"')
        for name, default in fields.items()
    }
