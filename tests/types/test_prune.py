""" "Delete old jobs" deletes jobs past their retention, or lists them in a dry run."""

import os
import time
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from jobs import services
from jobs.engine.upkeep import pruning
from jobs.engine.worker.execution import execute
from jobs.errors import AlreadyActive, NotPermitted
from jobs.models import Job, JobFile, Source, Status
from jobs.storage import new_name
from tests.support import people
from tests.support.factories import make_job

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]

DAYS = 100
ORPHAN = new_name(uuid4())


def make_old_job(number=0, *, content=b"", **fields):
    """Return a job settled long ago, with a file if `content` is given."""
    past = timezone.now() - timedelta(days=DAYS)
    job = make_job(
        id=UUID(int=(int(past.timestamp() * 1000) << 80) + number),
        **{"status": Status.COMPLETED, "created_at": past, "finished_at": past} | fields,
    )
    if content:
        stored = storages["jobs"].save(new_name(job.id), ContentFile(content))
        job.files.create(
            attempt=1,
            name="a",
            content_type="text/csv",
            size=len(content),
            sha256="",
            stored_name=stored,
        )
    return job


def claimed(user, **params):
    return make_job(
        status=Status.PROCESSING,
        type="prune",
        params=params,
        created_by=user,
        created_by_name=user.username,
        source="admin",
    )


@pytest.fixture
def operator():
    return people.operator()


@pytest.fixture
def leavings():
    """Make three old jobs of two types, one with a file; a recent job; an old file without job."""
    make_old_job(1, content=b"12345")
    make_old_job(2, status=Status.FAILED)
    make_old_job(3, type="long_gone")
    make_job(name="young", status=Status.COMPLETED)
    orphan = storages["jobs"].save(ORPHAN, ContentFile(b"123"))
    yesterday = time.time() - 25 * 3600
    os.utime(storages["jobs"].path(orphan), (yesterday, yesterday))


COUNTS = {
    "jobs": 3,
    "jobs_by_type": {"long_gone": {"COMPLETED": 1}, "report": {"COMPLETED": 1, "FAILED": 1}},
    "files_of_jobs": 1,
    "files_without_job": 1,
    "uploads_without_job": 0,
    "file_bytes": 8,
    "results_without_job": 0,
    "silent_workers": 0,
    "files_left_alone": "",
}


def test_a_dry_run_says_what_would_go_and_deletes_nothing(operator, leavings):
    job = claimed(operator, dry_run=True)
    assert execute(job).result == {"dry_run": True} | COUNTS
    assert [line.message for line in job.logs.all()] == [
        "Would delete 1 job of type long_gone (1 COMPLETED).",
        "Would delete 2 jobs of type report (1 COMPLETED, 1 FAILED).",
        "Would delete 3 jobs in all, and 2 files of 8 bytes.",
    ]
    assert Job.objects.count() == 5
    assert storages["jobs"].exists(ORPHAN)
    assert JobFile.objects.count() == 1


def test_what_goes_is_what_the_dry_run_said(operator, leavings):
    assert execute(claimed(operator, dry_run=False)).result == {"dry_run": False} | COUNTS
    assert set(Job.objects.values_list("name", flat=True).exclude(type="prune")) == {"young"}
    assert not storages["jobs"].exists(ORPHAN)
    assert not JobFile.objects.exists()


def test_it_is_a_dry_run_unless_told_otherwise(operator, redis):
    caller = services.Caller(user=operator, name="olga", source=Source.API)
    assert services.submit(caller, name="Delete old jobs").job.params == {"dry_run": True}


def test_one_at_a_time(operator, redis):
    caller = services.Caller(user=operator, name="olga", source=Source.API)
    services.submit(caller, type="prune")
    with pytest.raises(AlreadyActive):
        services.submit(caller, type="prune")


def test_who_may_not_delete_jobs_cannot_launch_it():
    caller = services.Caller(user=people.launcher(), name="ann", source=Source.API)
    with pytest.raises(NotPermitted) as refused:
        services.submit(caller, type="prune")
    assert str(refused.value) == (
        '"Delete old jobs" needs the permission jobs.delete_job, which ann does not have.'
    )


def test_whoever_lost_the_right_to_delete_meanwhile_deletes_nothing(operator, leavings):
    operator.user_permissions.clear()
    outcome = execute(claimed(operator, dry_run=False))
    assert outcome.status == Status.FAILED
    assert "needs the permission jobs." in outcome.error_message
    assert Job.objects.count() == 5


def test_the_job_of_somebody_deleted_meanwhile_deletes_nothing(operator, leavings):
    job = claimed(operator, dry_run=False)
    User.objects.all().delete()
    assert execute(job).error_message == "The account that launched this job is gone."
    assert Job.objects.count() == 5


def test_progress_comes_with_every_batch_and_a_stop_keeps_the_rest(operator, monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 2)
    for number in range(6):
        make_old_job(number)
    job = claimed(operator, dry_run=False)
    Job.objects.filter(id=job.id).update(cancel_requested_at=timezone.now())
    assert execute(job).status == Status.CANCELLED
    job.refresh_from_db()
    assert (job.progress_percent, job.progress_message) == (28, "2 of 6 jobs")
    assert Job.objects.exclude(id=job.id).count() == 4


def test_a_dry_run_counts_in_steps_and_misses_none(monkeypatch):
    monkeypatch.setattr(pruning, "COUNTED_A_STEP", 2)
    for number in range(5):
        make_old_job(number, content=b"123")
    steps = []
    pruned = pruning.prune(dry_run=True, after_step=steps.append)
    assert (pruned.job_count, pruned.job_files, pruned.file_bytes) == (5, 5, 15)
    assert len(steps) > 3
