"""Files that a handler names as it likes: listed and downloaded by every door."""

from io import BytesIO
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from rest_framework.test import APIClient

from jobs.handler import journal
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db


def saved_as(name, content_type):
    """A file that a running attempt recorded."""
    job = make_job(status="PROCESSING")
    stored = storages["jobs"].save(f"{job.pk}/{uuid4().hex}", BytesIO(b"content"))
    details = {"name": name, "content_type": content_type, "stored_name": stored}
    journal.add_file(job.pk, job.attempt, **details, size=7, sha256="0" * 64)
    return job.files.get()


def downloads(client, file):
    """What the file's address in the API's list answers, and the admin's."""
    user = people.viewer()
    client.force_login(user)
    by_api = APIClient()
    by_api.force_authenticate(user)
    [listed] = by_api.get(f"/api/v1/jobs/{file.job_id}/files/").json()["results"]
    for answer in (
        by_api.get(listed["url"]),
        client.get(f"/admin/jobs/job/{file.job_id}/files/{file.pk}/"),
    ):
        assert answer.getvalue() == b"content"
        assert answer["Content-Disposition"].startswith("attachment")
        answer.close()
        yield answer["Content-Type"]


@pytest.mark.parametrize(
    "content_type",
    [
        "text/csv\r\nX-Header: 1",
        "text/csv\n",
        "",
        "csv",
        "text/" + "x" * 200,
        "text/\x00",
        "text/ü",
        None,
    ],
)
def test_what_is_no_media_type_is_given_as_bytes(client, content_type):
    assert set(downloads(client, saved_as("a.csv", content_type))) == {"application/octet-stream"}


@pytest.mark.parametrize(
    "content_type", ["text/csv", "text/csv; charset=utf-8", "application/vnd.x+json"]
)
def test_a_media_type_is_kept(client, content_type):
    assert set(downloads(client, saved_as("a.csv", content_type))) == {content_type}


@pytest.mark.parametrize(
    "name",
    [
        "a\nb.csv",
        "a.csv\n",
        "../../etc/passwd",
        "..",
        ".",
        "",
        'a"\\;b',
        "a/b",
        "\u202egnp.exe",
        "\u2028",
        "%2e%3f#?",
    ],
)
def test_any_name_is_listed_and_downloaded(client, name):
    assert len(list(downloads(client, saved_as(name, "text/csv")))) == 2
