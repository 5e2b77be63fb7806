"""Every error of the storage is a sentence: on the job, in downloads, in /healthz, in commands."""

import contextlib
import errno
import time

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from jobs import services, storage
from jobs.engine.upkeep import prune
from jobs.engine.worker.execution import execute
from jobs.errors import StorageUnavailable
from jobs.models import Status
from jobs.storage.removal import Discarding
from tests.download.files import address_of, stored
from tests.support import buckets, people
from tests.support.answering import refusal, server
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


FAULTS = {
    "away": (lambda: contextlib.nullcontext("http://127.0.0.1:1"), "cannot be reached"),
    "silent": (lambda: server(None), "does not answer in time"),
    "no S3": (lambda: server(b"hello\r\n"), "cannot be reached"),
    "denied": (lambda: server(refusal("403 Forbidden", "AccessDenied")), "refuses access"),
    "wrong key": (
        lambda: server(refusal("403 Forbidden", "InvalidAccessKeyId")),
        "does not know the access key",
    ),
    "busy": (lambda: server(refusal("503 Slow Down", "SlowDown")), "is busy"),
    "broken": (lambda: server(refusal("500 Error", "InternalError")), "answered InternalError"),
}


@pytest.fixture(params=FAULTS)
def fault(request, settings, monkeypatch):
    """A bucket in trouble; gives the words that name the trouble."""
    monkeypatch.setattr("backoffice.file_storage.BUCKET_READ_SECONDS", 1)
    open_server, words = FAULTS[request.param]
    with open_server() as address:
        buckets.use(settings, buckets.variables(address, "files"))
        yield words


@pytest.fixture
def missing_bucket(settings, s3_server):
    buckets.use(settings, buckets.variables(s3_server))
    return "no such bucket"


def save_a_file(make_type):
    """Return the outcome of a job that saves a file."""

    def run(job):
        with job.save_file("a.csv", "text/csv") as file:
            file.write(b"content")

    return execute(make_job(type=make_type(run).slug, status=Status.PROCESSING))


def check_everywhere(words, make_type, client):
    """Check that job, download, /healthz, upkeep and command say so in a sentence."""
    outcome = save_a_file(make_type)
    assert outcome.status == Status.FAILED
    assert words in outcome.error_message
    client.force_login(make_user(is_staff=True))
    health = client.get("/healthz")
    assert health.status_code == 503
    assert words in health.json()["checks"]["files"]
    assert words in prune().refusal
    with pytest.raises(CommandError, match=words):
        call_command("job_files", "adopt")


@pytest.fixture
def known_file(own_files):
    return stored(b"content")


def check_downloads(words, file, client):
    viewer = people.viewer()
    client.force_login(viewer)
    page = client.get(address_of(file, "admin"))
    assert (page.status_code, page["Retry-After"]) == (503, "10")
    assert words in page.content.decode()
    api = APIClient()
    api.force_authenticate(viewer)
    for method in (api.get, api.head):
        answer = method(address_of(file, "api"))
        assert answer.status_code == 503
        assert answer["Content-Type"] == "application/problem+json"
    assert api.get(address_of(file, "api")).json()["code"] == "storage_unavailable"


def test_a_fault_of_the_server_is_a_sentence_everywhere(known_file, fault, make_type, client):
    began_at = time.monotonic()
    check_downloads(fault, known_file, client)
    check_everywhere(fault, make_type, client)
    assert time.monotonic() - began_at < 60


def test_a_missing_bucket_is_a_sentence_everywhere(known_file, missing_bucket, make_type, client):
    check_downloads(missing_bucket, known_file, client)
    check_everywhere(missing_bucket, make_type, client)


class Strange(Exception):
    """An error that no storage has."""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
        (OSError(errno.ESTALE, "Stale file handle"), "Stale file handle"),
        (TimeoutError(), "TimeoutError"),
        (Strange("surprise"), "Strange"),
    ],
)
def test_a_fault_of_the_disk_is_a_sentence_everywhere(
    known_file, error, words, make_type, client, monkeypatch
):
    def fail(*args, **options):
        raise error

    disk = storages["jobs"]
    for name in ("save", "open", "exists", "delete"):
        monkeypatch.setattr(disk, name, fail)
    check_downloads(words, known_file, client)
    outcome = save_a_file(make_type)
    assert words in outcome.error_message
    client.force_login(make_user(is_staff=True))
    assert words in client.get("/healthz").json()["checks"]["files"]


def test_deleting_many_jobs_waits_for_a_hung_storage_once(settings, monkeypatch):
    monkeypatch.setattr("backoffice.file_storage.BUCKET_READ_SECONDS", 1)
    with server(None) as address:
        buckets.use(settings, buckets.variables(address, "files"))
        discard = Discarding().discard
        began_at = time.monotonic()
        for _ in range(20):
            discard(["name"], using="default")
        assert time.monotonic() - began_at < 8


def test_a_job_is_deleted_although_its_files_stay(settings, monkeypatch):
    buckets.use(settings, buckets.variables("http://127.0.0.1:1", "files"))
    job = make_job(status=Status.COMPLETED)
    job.files.create(attempt=1, name="a", content_type="a/b", size=1, sha256="", stored_name="x/y")
    services.delete(services.code_caller(), job.id)
    assert not type(job).objects.exists()


def test_a_file_that_ends_too_early_breaks_the_download(settings, known_file):
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nshort"
    with server(body) as address:
        buckets.use(settings, buckets.variables(address, "files"))
        content = storage.open_part(known_file.stored_name, 0, None)
        with pytest.raises(StorageUnavailable):
            read_to_the_end(content)


def read_to_the_end(content):
    while content.read(10):
        pass
