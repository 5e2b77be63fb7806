"""How many bytes of files that no job has one account may keep."""

import threading
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection

from jobs import services
from jobs.errors import UploadRefused
from jobs.models import Upload
from jobs.services import code_caller
from tests.support import people
from tests.support.people import caller_for
from tests.support.uploads import make_upload, submit_reader

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


@pytest.fixture(autouse=True)
def limit(settings):
    settings.UPLOAD_LIMIT_BYTES, settings.UPLOAD_UNUSED_LIMIT_BYTES = 60, 100


def keep(user, size, **options):
    incoming = services.incoming_file(ContentFile(b"x" * size), "rows.csv")
    return services.keep_upload(caller_for(user), incoming, **options)


def stored_files(directory):
    return [path for path in directory.rglob("*-*") if path.is_file()]


def test_files_without_a_job_have_a_limit_for_each_account(lena, own_files):
    keep(lena, 60)
    keep(lena, 40)
    with pytest.raises(UploadRefused, match="no job uses take 100 bytes, and") as error:
        keep(lena, 1)
    assert (error.value.status, error.value.code) == (409, "too_many_uploads")
    assert len(stored_files(own_files)) == 2
    keep(people.operator(), 60)


def test_files_that_a_job_took_or_that_were_deleted_do_not_count(reader, lena):
    first, second = keep(lena, 60).upload, keep(lena, 40).upload
    submit_reader(lena, file=str(first.id))
    keep(lena, 60)
    services.delete_upload(caller_for(lena), second.id)
    keep(lena, 40)


def test_a_command_has_no_limit():
    for _ in range(3):
        make_upload(None, b"x" * 60)
    incoming = services.incoming_file(ContentFile(b"x" * 60), "rows.csv")
    assert services.keep_upload(code_caller(name="import"), incoming).upload


@pytest.fixture
def send_at_once(lena, monkeypatch):
    """Send files of 40 bytes, of which each passes the first check; returns what became of them."""
    return partial(sent_at_once, lena, monkeypatch)


def sent_at_once(user, monkeypatch, count, **options):
    ready, outcomes = threading.Barrier(count), []
    save = storages["jobs"].__class__._save

    def save_together(self, name, content):
        ready.wait(20)
        return save(self, name, content)

    monkeypatch.setattr(storages["jobs"].__class__, "_save", save_together)

    def send():
        try:
            outcomes.append(keep(user, 40, **options).upload.size)
        except UploadRefused as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes, key=str)


def test_files_sent_at_once_keep_to_the_limit_together(send_at_once, own_files):
    assert send_at_once(4) == [40, 40, "too_many_uploads", "too_many_uploads"]
    assert Upload.objects.count() == len(stored_files(own_files)) == 2


def test_a_request_repeated_at_once_is_answered_twice_though_the_limit_has_room_for_one(
    lena, send_at_once, own_files
):
    keep(lena, 60)
    assert send_at_once(2, idempotency_key="k") == [40, 40]
    assert Upload.objects.count() == len(stored_files(own_files)) == 2


def test_a_repeated_request_is_answered_at_the_limit_too(lena):
    first = keep(lena, 60, idempotency_key="k")
    keep(lena, 40)
    again = keep(lena, 60, idempotency_key="k")
    assert (again.upload, again.replayed) == (first.upload, True)


def test_the_bytes_of_one_account_are_found_by_an_index(lena):
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        unused = Upload.objects.filter(created_by=lena, unused_since__isnull=False)
        assert "jobs_upload_unused_of_user" in unused.values("size").explain()
        cursor.execute("RESET enable_seqscan")
