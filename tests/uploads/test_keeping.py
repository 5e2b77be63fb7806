"""What is kept of a file that is sent in, what refuses it, and when it goes."""

import errno
import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import override

from jobs import services
from jobs.engine.upkeep import prune
from jobs.errors import (
    KeyReused,
    ScannerUnavailable,
    StorageFull,
    StorageUnavailable,
    UploadRefused,
)
from jobs.models import JobUpload, Status, Upload
from jobs.uploads import FileRules
from tests.support import people
from tests.support.factories import make_job
from tests.support.people import caller_for
from tests.support.uploads import ROWS, age, make_upload

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def keep(user, content=ROWS, name="rows.csv", **options):
    incoming = services.incoming_file(ContentFile(content), name)
    return services.keep_upload(caller_for(user), incoming, **options)


def stored_files(directory):
    return [path for path in directory.rglob("*") if path.is_file()]


def test_an_upload_has_size_hash_and_kind_and_its_file_is_for_its_owner_alone(lena, own_files):
    upload = make_upload(lena)
    assert (upload.size, upload.content_type) == (len(ROWS), "text/csv")
    assert upload.sha256 == hashlib.sha256(ROWS).hexdigest()
    assert upload.expires_at - upload.created_at == timedelta(days=1)
    [path] = stored_files(own_files)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (ROWS, 0o600)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\a.csv", "a.csv"),
        ("a\x00b\r\nc.csv", "a\ufffdb__c.csv"),
        ("gpj.\u202eexe.csv", "gpj._exe.csv"),
        ("", "_"),
        ("e\u0301.csv", "é.csv"),
        ("lone \ud800.csv", "lone \ufffd.csv"),
    ],
)
def test_names_are_made_safe(lena, sent, kept):
    assert make_upload(lena, name=sent).name == kept


def test_a_long_name_is_cut_before_its_extension(lena):
    name = make_upload(lena, name="ü" * 300 + ".csv").name
    assert name.endswith(".csv")
    assert len(name.encode()) <= 255


def test_the_site_refuses_large_files_and_kinds_and_names_them(lena, settings, own_files):
    settings.UPLOAD_LIMIT_BYTES, settings.UPLOAD_REFUSED_KINDS = 10, [".exe", "text/html"]
    for content, name, code in (
        (b"x" * 11, "a.csv", "too_large"),
        (b"x", "a.EXE", "file_kind_refused"),
        (b"x", "a.html", "file_kind_refused"),
    ):
        with pytest.raises(UploadRefused, match=name) as error:
            keep(lena, content, name)
        assert error.value.code == code
    assert not Upload.objects.exists()
    assert not stored_files(own_files)


@pytest.mark.parametrize("language", ["de", "en", None])
def test_the_size_in_a_sentence_is_in_the_language_of_the_sentence(language):
    with override(language):
        fault = FileRules(2_100_000).size_fault("rows.csv", 3_000_000)
    assert fault == "“rows.csv” is larger than the limit of 2.0 MB."


def refuse(file, name):
    return f"{name} has a virus." if b"EICAR" in file.read() else None


def refuse_by_exception(file, name):
    raise ValidationError("No.")


def note_state(file, name):
    return f"in a transaction: {connection.in_atomic_block}; {len(file.read())} bytes"


def broken(file, name):
    raise ConnectionRefusedError("clamd")


def test_a_scanner_of_the_site_refuses_with_its_own_sentence(lena, settings):
    settings.UPLOAD_SCANNER = f"{__name__}.refuse"
    with pytest.raises(UploadRefused, match=r"rows\.csv has a virus\.") as error:
        keep(lena, b"EICAR")
    assert (error.value.status, error.value.code) == (422, "scan_refused")
    upload = keep(lena).upload
    assert storages["jobs"].size(upload.stored_name) == len(ROWS)
    settings.UPLOAD_SCANNER = f"{__name__}.refuse_by_exception"
    with pytest.raises(UploadRefused, match=r"No\."):
        keep(lena)
    settings.UPLOAD_SCANNER = f"{__name__}.broken"
    with pytest.raises(ScannerUnavailable):
        keep(lena)
    assert Upload.objects.count() == 1


def test_a_slow_scanner_holds_no_transaction_and_sees_the_whole_file(lena, settings, own_files):
    settings.UPLOAD_SCANNER = f"{__name__}.note_state"
    with pytest.raises(UploadRefused, match=f"in a transaction: False; {len(ROWS)} bytes"):
        keep(lena)
    assert not stored_files(own_files), "it was not stored before"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), StorageFull),
        (OSError(errno.EIO, "Input/output error"), StorageUnavailable),
        (RuntimeError("the bucket is gone"), StorageUnavailable),
    ],
)
def test_a_storage_that_fails_keeps_nothing(lena, monkeypatch, own_files, error, kind):
    def fail_in_the_middle(self, name, content):
        FileSystemStorage._original_save(self, name, ContentFile(b"half"))
        raise error

    monkeypatch.setattr(FileSystemStorage, "_original_save", FileSystemStorage._save, raising=False)
    monkeypatch.setattr(FileSystemStorage, "_save", fail_in_the_middle)
    with pytest.raises(kind):
        keep(lena)
    assert not Upload.objects.exists()
    assert not stored_files(own_files)


def test_a_key_keeps_one_upload(lena, own_files):
    first = keep(lena, idempotency_key="k")
    again = keep(lena, idempotency_key="k")
    assert (again.upload, again.replayed) == (first.upload, True)
    for content, name in ((b"other", "rows.csv"), (ROWS, "other.csv")):
        with pytest.raises(KeyReused):
            keep(lena, content, name, idempotency_key="k")
    assert not keep(people.operator(), idempotency_key="k").replayed
    assert len(stored_files(own_files)) == 2


WRONG = ({"sha256": "x"}, {"name": ""}, {"stored_name": ""}, {"size": -1})


@pytest.mark.parametrize("wrong", WRONG)
def test_postgresql_refuses_rows_without_hash_name_and_size(lena, wrong):
    upload = make_upload(lena)
    with pytest.raises(IntegrityError, match="jobs_upload_"), transaction.atomic():
        Upload.objects.filter(id=upload.id).update(**wrong)


def test_upkeep_deletes_uploads_that_no_job_took_for_a_day(lena, make_type, own_files):
    make_type(slug="reader", label="Reader")
    old, young = make_upload(lena), make_upload(lena)
    age(old, hours=25)
    age(young, hours=23)
    assert (prune(dry_run=True).uploads, Upload.objects.count()) == (1, 2)
    pruned = prune()
    assert (pruned.uploads, pruned.file_bytes) == (1, len(ROWS))
    assert Upload.objects.get() == young
    assert len(stored_files(own_files)) == 2, "its file and storage.json"
    assert prune().files == 0, "the file is known"


def test_uploads_go_with_the_last_pruned_job(lena, own_files):
    upload = make_upload(lena)
    past = timezone.now() - timedelta(days=100)
    ended = {"created_at": past, "finished_at": past, "status": Status.COMPLETED}
    old, young = make_job(**ended), make_job(status=Status.COMPLETED)
    for job in (old, young):
        JobUpload.objects.create(job=job, upload=upload)
    age(upload, hours=25)  # a wrong mark deletes nothing
    assert (prune().job_files, prune().uploads) == (0, 0)
    assert storages["jobs"].exists(upload.stored_name)
    JobUpload.objects.filter(job=young).delete()
    JobUpload.objects.create(job=make_job(**ended), upload=upload)
    pruned = prune()
    assert (pruned.job_files, pruned.file_bytes) == (1, len(ROWS))
    assert not Upload.objects.exists()
    assert not storages["jobs"].exists(upload.stored_name)


def test_a_lost_mark_is_found_by_a_whole_prune(lena):
    upload = make_upload(lena)
    past = timezone.now() - timedelta(hours=25)
    Upload.objects.filter(id=upload.id).update(unused_since=None, created_at=past)
    assert prune().uploads == 1
