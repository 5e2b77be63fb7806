"""Numbers in addresses and for scripts are plain in a project that groups the digits of numbers."""

import re

import pytest
from django.utils import timezone

from jobs.models import JobFile, JobLog
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["de", "en"])
def grouped(request, settings):
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = request.param, True


def test_the_account_of_a_page_is_that_of_its_refreshes(client, grouped):
    user = people.viewer(pk=1_234_567)
    page = people.sign_in(client, user).get("/admin/jobs/job/holds/")
    assert 'name="account" content="1234567"' in page.content.decode()
    assert page["X-Account"] == "1234567"


def test_lines_of_a_log_have_plain_numbers(viewer, grouped):
    job, now = make_job(attempt=1), timezone.now()
    JobLog.objects.create(job=job, attempt=1, seq=12345, at=now, level="INFO", message="far on")
    page = viewer.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()
    for part in ('id="L12345"', 'href="?line=12345#L12345"', 'data-last="12345"'):
        assert part in page


def test_a_page_of_files_leads_to_the_next_one_by_a_plain_number(viewer, grouped, monkeypatch):
    monkeypatch.setattr("jobs.admin.job_page.content.FILES_A_PAGE", 1)
    job = make_job(attempt=1)
    JobFile.objects.bulk_create(
        JobFile(
            job=job,
            attempt=1,
            name=f"{number:04}.csv",
            size=1,
            content_type="text/csv",
            sha256="0" * 64,
            stored_name=f"{number}",
        )
        for number in range(1_003)
    )
    page = viewer.get(f"/admin/jobs/job/{job.pk}/change/?files=1001").content.decode()
    assert re.findall(r"\?files=([^#]*)#files", page) == ["1000", "1002"]
