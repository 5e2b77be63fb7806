"""Access: callers do not see each other's jobs, and each role gets the statuses of rights.txt."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.api.urls import urlpatterns
from jobs.models import (
    Hold,
    HoldKind,
    Job,
    JobEvent,
    JobFile,
    JobLog,
    JobUpload,
    SiteLimit,
    Upload,
    Worker,
)
from tests.support import people
from tests.support.factories import make_hold, make_job

API = "/api/v1/"
TABLE = Path(__file__).with_name("rights.txt")
METHODS = ("get", "post", "put", "delete")
WORKER = {"host": "a", "pid": 1, "slots": 1, "heartbeat_at": timezone.now() + timedelta(days=1)}
BODIES = {
    "jobs/": {"name": "Quick"},
    "jobs/batch/": {"jobs": [{"name": "Quick"}]},
    "holds/": {"type": "quick", "reason": "a test"},
    "limits/quick/": {"at_most": 2, "reason": "a test"},
    "workers/w/drain/": {"reason": "a test"},
}
UPLOAD = UUID(int=7)
ADDRESSES = {
    "jobs": "jobs/",
    "batch": "jobs/batch/",
    "stats": "jobs/stats/",
    "job": "jobs/{id}/",
    "job-cancel": "jobs/{id}/cancel/",
    "job-rerun": "jobs/{id}/rerun/",
    "job-acknowledge": "jobs/{id}/acknowledge/",
    "job-events": "jobs/{id}/events/",
    "job-logs": "jobs/{id}/logs/",
    "job-files": "jobs/{id}/files/",
    "job-file": "jobs/{id}/files/secret.txt",
    "job-uploads": "jobs/{id}/uploads/",
    "job-upload": f"jobs/{{id}}/uploads/{UPLOAD}/content",
    "uploads": "uploads/",
    "upload": f"uploads/{UPLOAD}/",
    "upload-content": f"uploads/{UPLOAD}/content",
    "job-types": "job-types/",
    "job-type": "job-types/quick/",
    "holds": "holds/",
    "hold": "holds/7/",
    "hold-release": "holds/7/release/",
    "limits": "limits/",
    "limit": "limits/quick/",
    "workers": "workers/",
    "worker-drain": "workers/w/drain/",
    "worker-resume": "workers/w/resume/",
    "schema": "schema/",
    "docs": "docs/",
    None: "nothing/",
}


def full_job(owner=None, **fields) -> Job:
    """A job with an event, a log line and a file, each with the word `secret`."""
    job = make_job(
        name="secret name", type="quick", created_by=owner, **{"status": "FAILED"} | fields
    )
    JobEvent.objects.create(job=job, to_status="PENDING", actor="secret actor")
    JobLog.objects.create(
        job=job, attempt=1, seq=1, at=timezone.now(), level="INFO", message="secret line"
    )
    stored = storages["jobs"].save("x", ContentFile(b"secret content"))
    JobFile.objects.create(
        job=job,
        attempt=1,
        name="secret.txt",
        content_type="text/plain",
        size=14,
        sha256="0" * 64,
        stored_name=stored,
    )
    if owner is not None:
        JobUpload.objects.create(job=job, upload=secret_upload(owner))
    return job


def secret_upload(owner) -> Upload:
    """The one upload of the owner."""
    if found := Upload.objects.filter(id=UPLOAD).first():
        return found
    stored = storages["jobs"].save("upload", ContentFile(b"secret content"))
    fields = {"name": "secret.csv", "content_type": "text/csv", "size": 14, "sha256": "0" * 64}
    return Upload.objects.create(id=UPLOAD, stored_name=stored, created_by=owner, **fields)


def content(answer) -> str:
    return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


@pytest.fixture
def other(make_client):
    """A second caller who has every permission except that to view all jobs."""
    return make_client("jobs.add_job", "jobs.cancel_job", "jobs.delete_job")


@pytest.mark.usefixtures("quick")
class TestTwoCallers:
    """A caller finds another caller's job in no answer, and cannot change it."""

    @pytest.mark.parametrize("address", sorted(set(ADDRESSES.values())))
    @pytest.mark.parametrize("method", ["get", "post", "delete"])
    def test_no_address_reveals_or_changes_anything(self, client, other, method, address):
        job = full_job(client.user)
        before = list(Job.objects.values_list("id", "version"))
        body = BODIES.get(address, {}) if method == "post" else None
        answer = getattr(other, method)(API + address.format(id=job.id), body, format="json")
        text = content(answer)
        assert "secret" not in text.replace("secret.txt", "")
        assert str(job.id) not in text
        if "{id}" in address:
            assert answer.status_code in (404, 405)
        mine = Job.objects.exclude(created_by=other.user)
        assert list(mine.values_list("id", "version")) == before

    def test_figures_and_counts_hold_ones_own_jobs_only(self, client, other):
        full_job(client.user)
        assert other.get(f"{API}jobs/?count=true").json()["count"] == 0
        assert sum(other.get(f"{API}jobs/stats/").json()["by_status"].values()) == 0

    @pytest.mark.parametrize(
        "query", ["status=FAILED", "id={id}", "created_by={owner}", "name=secret", "type=quick"]
    )
    def test_no_filter_finds_the_others_job(self, client, other, query):
        job = full_job(client.user)
        query = query.format(id=job.id, owner=client.user.username)
        assert client.get(f"{API}jobs/?{query}").json()["results"]
        assert not other.get(f"{API}jobs/?{query}").json()["results"]

    def test_a_key_of_one_caller_means_nothing_to_the_other(self, client, other):
        sent = {"data": {"name": "Quick"}, "format": "json", "headers": {"Idempotency-Key": "k"}}
        first, second = client.post(f"{API}jobs/", **sent), other.post(f"{API}jobs/", **sent)
        assert first.json()["id"] != second.json()["id"]


def clients() -> dict[str, APIClient]:
    """A client for each role; the owner submitted the job and may see and launch their own."""
    users = {
        "anonymous": None,
        "stranger": people.stranger(),
        "owner": people.launcher(),
        "viewer": people.viewer(),
        "operator": people.operator(),
        "superuser": people.superuser(),
    }
    made = {}
    for role, user in users.items():
        made[role] = APIClient()
        if user:
            made[role].force_authenticate(user)
            made[role].force_login(user)
        made[role].user = user
    return made


@pytest.mark.django_db
@pytest.mark.usefixtures("quick")
def test_the_table_of_address_method_and_role_is_the_reviewed_one():
    callers = clients()
    lines = [f"{'':42}" + "".join(f"{role:>10}" for role in callers)]
    for address in dict.fromkeys(ADDRESSES.values()):
        shown = address.replace(str(UPLOAD), "{upload}")
        for method in METHODS:
            statuses = [
                status_of(client, method, address, callers["owner"].user)
                for client in callers.values()
            ]
            lines.append(
                f"{method.upper():7}{shown:35}" + "".join(f"{status:>10}" for status in statuses)
            )
    assert [*lines, ""] == TABLE.read_text().split("\n"), "\n".join(lines)


def status_of(client, method, address, owner) -> int:
    job = full_job(owner)
    Hold.objects.all().delete()
    make_hold(id=7, kind=HoldKind.QUEUE, value="elsewhere")
    drained_at = timezone.now() if "resume" in address else None
    Worker.objects.update_or_create(id="w", defaults={**WORKER, "drained_at": drained_at})
    SiteLimit.objects.update_or_create(type="quick", defaults={"at_most": 1, "set_by": "olga"})
    body = BODIES.get(address, {}) if method != "get" else None
    answer = getattr(client, method)(API + address.format(id=job.id), body, format="json")
    content(answer)
    return answer.status_code


def test_every_address_is_in_the_table():
    assert {getattr(pattern, "name", None) for pattern in urlpatterns} == set(ADDRESSES)
