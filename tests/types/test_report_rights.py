"""A report covers the jobs that its launcher may see when it runs."""

import pytest
from django.contrib.auth.models import User

from jobs.engine.worker.execution import execute
from jobs.models import Status
from tests.support import people
from tests.support.factories import make_user
from tests.types.reports import MARCH, job_that_ran, launched, run_report

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def test_a_report_of_one_who_may_not_see_all_jobs_covers_their_own():
    alice = people.launcher()
    job_that_ran(1, created_by=alice)
    job_that_ran(1)
    outcome, _ = run_report(**MARCH, created_by=alice, source="api")
    assert outcome.result["jobs"] == 1


def test_a_report_of_one_who_may_see_all_jobs_covers_all():
    job_that_ran(1)
    outcome, _ = run_report(
        **MARCH, created_by=make_user("jobs.add_job", "jobs.view_job"), source="api"
    )
    assert outcome.result["jobs"] == 1


def test_a_report_whose_launcher_was_deleted_meanwhile_shows_nothing():
    alice = make_user()
    job = launched(created_by=alice, source="api")
    User.objects.all().delete()
    outcome = execute(job)
    assert (outcome.status, outcome.error_message) == (
        Status.FAILED,
        "The account that launched this job is gone.",
    )


def test_a_report_whose_launcher_was_deactivated_meanwhile_shows_nothing():
    job_that_ran(1)
    gone = make_user("jobs.add_job", "jobs.view_job", is_active=False)
    outcome, files = run_report(**MARCH, created_by=gone, source="api")
    assert (outcome.error_message, files) == (
        "The account that launched this job is deactivated.",
        {},
    )
