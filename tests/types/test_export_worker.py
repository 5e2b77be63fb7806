"""An export in a real worker: its file, and the rights that are checked again."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from jobs import services
from jobs.models import Source, Status
from tests.support.factories import make_user
from tests.support.polling import wait_until
from tests.support.processes import production
from tests.types.exports import content

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture
def start_worker(tmp_path):
    """Start a real worker, with one pool process."""
    started = []

    def start():
        command = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"]
        environment = production(
            FILES_DIR=os.environ["FILES_DIR"], DJANGO_SETTINGS_MODULE="backoffice.settings"
        )
        with (tmp_path / "worker.log").open("w") as log:
            started.append(
                subprocess.Popen(
                    command, cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log
                )
            )

    yield start
    for worker in started:
        worker.terminate()
        worker.wait(60)


def test_a_worker_exports_for_who_may_view_and_fails_for_who_was_demoted_meanwhile(
    redis, start_worker
):
    viewer, demoted = (
        make_user("jobs.add_job", "auth.view_user", username=name) for name in ("vera", "dora")
    )
    kept, lost = (
        services.submit(
            services.Caller(user=user, name=user.username, source=Source.API),
            name="Export data",
            params={"model": "auth.user", "format": "jsonl"},
        ).job
        for user in (viewer, demoted)
    )
    demoted.user_permissions.get(codename="view_user").user_set.remove(demoted)
    start_worker()
    for job in (kept, lost):
        wait_until(lambda job=job: job.refresh_from_db() or job.is_settled)
    assert (kept.status, kept.result) == (
        Status.COMPLETED,
        {"rows": 2, "file": "auth-user.jsonl", "cut_cells": 0},
    )
    assert b'"username": "dora"' in content(kept)
    needed = "the permission auth.view_user, which dora does not have"
    refusal = f'"Export data" with these parameters needs {needed}.'
    assert (lost.status, lost.error_message) == (Status.FAILED, refusal)
