"""The files of a job: the list and the download."""

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from jobs.models import Job, JobFile
from tests.support.factories import make_job


@pytest.fixture
def file(client):
    content = b"a,b\n1,2\n"
    return JobFile.objects.create(
        job=make_job(created_by=client.user, status="COMPLETED"),
        attempt=1,
        name="Bericht für alle.csv",
        content_type="text/csv",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        stored_name=storages["jobs"].save("test", ContentFile(content)),
    )


def test_a_file_is_listed_and_downloaded(client, file):
    [listed] = client.get(f"/api/v1/jobs/{file.job_id}/files/").json()["results"]
    assert listed["name"] == file.name
    answer = client.get(listed["url"])
    content = b"".join(answer.streaming_content)
    assert hashlib.sha256(content).hexdigest() == listed["sha256"]
    assert len(content) == listed["size"]
    assert answer["ETag"] == f'"{file.sha256}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name", ["other.csv", "../settings.py", "%2e%2e/x", "%00", "/etc/passwd"])
def test_names_that_no_file_has_are_404(client, file, name):
    answer = client.get(f"/api/v1/jobs/{file.job_id}/files/{name}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_files_that_the_params_do_not_permit_are_neither_listed_nor_given(client, file, make_type):
    kind = make_type(permission_for=lambda params: "auth.view_user")
    Job.objects.filter(id=file.job_id).update(type=kind.slug)
    assert client.get(f"/api/v1/jobs/{file.job_id}/files/").json() == {"results": []}
    assert client.get(f"/api/v1/jobs/{file.job_id}/files/{file.name}").status_code == 404
