"""Removed files can be restored for a week; files that the database knows are never deleted."""

import errno
import os
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from jobs import services
from jobs.engine.upkeep import prune
from jobs.models import FileStorage, JobFile, Source
from jobs.storage import new_name
from tests.storage.conftest import (
    age_removed,
    job_with_file,
    name_of,
    old_file,
    removed,
    root,
)
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


@pytest.fixture(autouse=True)
def tied(own_files):
    prune()


def old_names():
    """Return names in both layouts."""
    return [new_name(uuid4()), f"{uuid4()}/{uuid4().hex}"]


@pytest.mark.parametrize("number", [0, 1], ids=["today's layout", "the layout of earlier versions"])
def test_a_file_of_no_job_is_kept_for_a_week_after_its_removal(number):
    path = old_file(old_names()[number])
    assert (prune(dry_run=True).files, path.exists()) == (1, True)
    assert (prune().files, path.exists()) == (1, False)
    assert removed() == {name_of(path)}
    age_removed(6)
    prune()
    assert removed() == {name_of(path)}
    age_removed(1)
    prune()
    assert removed() == set()
    assert list((root() / "removed").iterdir()) == []


def test_the_files_of_a_pruned_job_are_kept_for_a_week(make_type):
    path = job_with_file(type=make_type(retention_days=0).slug)
    assert (prune().job_files, path.exists()) == (1, False)
    assert removed() == {name_of(path)}


def test_the_files_of_a_job_that_somebody_deletes_go_at_once():
    path, user = job_with_file(), people.operator()
    job_id = JobFile.objects.get().job_id
    services.delete(services.Caller(user=user, name="ann", source=Source.API), job_id)
    assert not path.exists()
    assert removed() == set()


def test_removed_files_that_the_database_knows_again_are_put_back(capsys):
    path = job_with_file()
    row = JobFile.objects.get()
    JobFile.objects.all().delete()
    prune()
    assert not path.exists()
    row.save()
    call_command("job_files", "restore")
    assert "1 removed file put back" in capsys.readouterr().out
    assert path.read_bytes() == b"content"
    assert removed() == set()


def test_a_removed_file_that_the_database_knows_is_put_back_when_its_week_is_over():
    path = job_with_file()
    row = JobFile.objects.get()
    JobFile.objects.all().delete()
    prune()
    row.save()
    age_removed(8)
    prune()
    assert path.read_bytes() == b"content"


def test_a_file_stored_a_moment_ago_is_never_removed():
    path = old_file(new_name(uuid4()))
    os.utime(path)
    assert (prune().files, path.exists()) == (0, True)


def test_a_file_of_a_running_attempt_is_never_removed_however_old_it_looks():
    path = old_file(new_name(make_job(status="PROCESSING").id))
    assert (prune().files, path.exists()) == (0, True)


def test_what_others_put_into_the_storage_is_left_alone():
    names = [
        "lost+found/x",
        "notes.txt",
        "backup/2026/11/x",
        "2026/11/25/13/readme",
        f"{uuid4()}/readme",
        "2026/13/45/99/x",
    ]
    paths = [old_file(name) for name in names]
    pruned = prune(remove_unknown_files=True)
    assert (pruned.files, pruned.refusal) == (0, "")
    assert all(path.exists() for path in paths)


def test_an_unlikely_share_of_files_without_a_job_is_removed_only_when_asked_by_hand(
    client, capsys
):
    paths = [job_with_file() for _ in range(13)]
    prune()
    JobFile.objects.all().delete()
    assert "13 of 13 stored files belong to no job" in prune(dry_run=True).refusal
    pruned = prune()
    assert (pruned.files, pruned.refusal) == (0, FileStorage.objects.get().refusal)
    assert all(path.exists() for path in paths)
    client.force_login(make_user(is_staff=True))
    assert "--remove-unknown-files" in client.get("/healthz").json()["checks"]["files"]
    call_command("prune_jobs", "--remove-unknown-files")
    assert removed() == {name_of(path) for path in paths}
    assert "13 files without a job" in capsys.readouterr().out
    assert client.get("/healthz").json()["checks"]["files"] == "ok"


def test_a_few_files_without_a_job_among_many_are_likely():
    for _ in range(60):
        job_with_file()
    orphans = [old_file(new_name(uuid4())) for _ in range(6)]
    assert prune().files == 6
    assert not any(path.exists() for path in orphans)


def test_empty_folders_go_once_they_are_settled():
    path = old_file(f"2020/02/03/04/{uuid4()}-{uuid4().hex}")
    older = old_file(f"{uuid4()}/{uuid4().hex}")
    prune()
    assert not (root() / "2020").exists()
    assert not older.parent.exists()
    assert not path.exists()


def test_on_a_full_disk_what_was_removed_a_week_ago_still_makes_room(monkeypatch):
    path = old_file(new_name(uuid4()))
    prune()
    age_removed(8)

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("jobs.storage.directory.os.fsync", full)
    assert prune().refusal == ""
    assert not path.exists()
    assert removed() == set()


def test_removed_files_are_deleted_early_only_by_hand_and_only_by_their_own_database(capsys):
    kept = job_with_file()
    row = JobFile.objects.get()
    JobFile.objects.all().delete()
    old_file(new_name(uuid4()))
    prune()
    assert len(removed()) == 2
    row.save()
    ours = FileStorage.objects.get().identity
    FileStorage.objects.update(identity=UUID(ours.hex[::-1]))
    with pytest.raises(CommandError, match="belongs to another database"):
        call_command("job_files", "purge")
    FileStorage.objects.update(identity=ours)
    call_command("job_files", "purge")
    assert "2 removed files deleted, or put back" in capsys.readouterr().out
    assert removed() == set()
    assert kept.exists()


def test_files_of_a_deleted_job_stay_until_the_transaction_commits():
    path = job_with_file()
    job_id = JobFile.objects.get().job_id
    caller = services.code_caller()
    with transaction.atomic():
        services.delete(caller, job_id)
        transaction.set_rollback(True)
    assert path.exists()
    with transaction.atomic():
        services.delete(caller, job_id)
        assert path.exists()
    assert not path.exists()
