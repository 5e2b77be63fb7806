"""Prune as a job."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from jobs.engine.tasks import execute
from jobs.models import Job, Status
from tests.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "lifecycle"])


@pytest.fixture
def old_job():
    past = timezone.now() - timedelta(days=100)
    return make_job(
        id=UUID(int=int(past.timestamp() * 1000) << 80),
        status=Status.COMPLETED,
        created_at=past,
        finished_at=past,
    )


def run_prune(user, **params):
    return execute(
        make_job(status=Status.PROCESSING, type="prune", params=params, created_by=user, source="admin")
    )


def test_a_dry_run_says_what_would_go_and_removes_nothing(old_job):
    outcome = run_prune(make_user("jobs.add_job", "jobs.delete_job"), dry_run=True)
    assert (outcome.result["jobs"], outcome.result["jobs_by_type"]) == (1, {"report": 1})
    assert Job.objects.filter(pk=old_job.pk).exists()


def test_prune_removes_what_is_past_its_retention(old_job):
    assert run_prune(make_user("jobs.add_job", "jobs.delete_job"), dry_run=False).result["jobs"] == 1
    assert not Job.objects.filter(pk=old_job.pk).exists()


def test_whoever_lost_the_right_to_delete_prunes_nothing(old_job):
    assert run_prune(make_user("jobs.add_job"), dry_run=False).status == Status.FAILED
    assert Job.objects.filter(pk=old_job.pk).exists()
