"""The report: its numbers are those of the jobs in the period."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.storage import storages
from django.utils import timezone
from openpyxl import load_workbook

from jobs import parameters, registry
from jobs.engine.tasks import execute
from jobs.models import Job, Status
from tests.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "lifecycle"])


def run_report(**params):
    job_type = registry.get("report")
    job = make_job(status=Status.PROCESSING, type="report", params=parameters.validate(job_type, params))
    outcome = execute(job)
    assert outcome.status == Status.COMPLETED, outcome
    return outcome.result, job.files.get()


def test_a_report_without_params_counts_the_jobs_of_the_last_week():
    make_job(status=Status.COMPLETED)
    Job.objects.filter(id=make_job().id).update(created_at=timezone.now() - timedelta(days=8))
    result, file = run_report()
    assert result == {"jobs": 2, "by_status": {"COMPLETED": 1, "PROCESSING": 1}}
    with storages["jobs"].open(file.stored_name) as content:
        sheet = load_workbook(BytesIO(content.read()))["By status"]
    assert dict(sheet.values) == result["by_status"]


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(parameters.InvalidParams, match="until: The period must end after it begins"):
        parameters.validate(
            registry.get("report"), {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
        )
