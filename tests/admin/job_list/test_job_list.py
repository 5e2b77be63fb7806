"""The job list."""

import pytest
from django.urls import reverse

from tests.support.factories import make_job

pytestmark = pytest.mark.django_db


def test_jobs_can_be_neither_added_nor_changed_by_hand(admin_client):
    job = make_job()
    page = reverse("admin:jobs_job_change", args=[job.pk])
    assert admin_client.get(reverse("admin:jobs_job_add")).status_code == 403
    assert admin_client.post(page, {"name": "other"}).status_code in (403, 405)
    job.refresh_from_db()
    assert job.name != "other"
