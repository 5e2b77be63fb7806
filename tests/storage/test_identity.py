"""No database removes files from a storage that is not its own, and each refusal names the fix."""

import json
import shutil

import pytest
from django.core.management import call_command
from django.db.models import F

from jobs import storage
from jobs.engine.upkeep import prune
from jobs.engine.worker.execution import execute
from jobs.models import FileStorage, Job, JobFile
from jobs.storage import new_name
from tests.storage.conftest import job_with_file, old_file, root, stored
from tests.support.factories import make_job

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def generation():
    return json.loads((root() / "storage.json").read_text())["generation"]


def check_refused(words):
    """Check that prune, its dry run, /healthz and `job_files status` refuse, and nothing moves."""
    before = stored()
    refusal = prune().refusal
    assert words in refusal
    assert "manage.py job_files adopt" in refusal
    assert prune(dry_run=True).refusal == refusal
    assert storage.problem("default") == refusal
    assert stored() == before


def test_a_new_installation_ties_its_empty_storage_by_itself():
    assert storage.problem("default") is None
    assert prune().refusal == ""
    assert json.loads((root() / "storage.json").read_text()) == {
        "identity": str(FileStorage.objects.get().identity),
        "generation": FileStorage.objects.get().generation,
    }


def test_an_installation_of_an_earlier_version_ties_the_storage_that_holds_its_files():
    paths = [job_with_file() for _ in range(3)]
    assert prune().refusal == ""
    assert all(path.exists() for path in paths)
    assert generation() == FileStorage.objects.get().generation


def test_an_empty_database_removes_nothing_from_a_full_storage_of_another(lose_the_database):
    for _ in range(13):
        job_with_file()
    prune()
    lose_the_database()
    check_refused("belongs to another database")
    assert not FileStorage.objects.exists()


def test_an_empty_database_removes_nothing_from_a_storage_that_was_never_tied(lose_the_database):
    job_with_file()
    lose_the_database()
    check_refused("this database knows none of them")
    assert not (root() / "storage.json").exists()


def test_a_database_restored_from_a_dump_removes_none_of_the_newer_files():
    prune()
    dumped = FileStorage.objects.get()
    for _ in range(3):
        job_with_file()
    prune()
    JobFile.objects.all().delete()
    dumped.save()
    check_refused("ahead of this database")


def test_of_two_databases_with_one_storage_the_second_is_refused():
    prune()
    FileStorage.objects.update(identity="00000000-0000-4000-8000-000000000001")
    old_file(new_name(make_job().id))
    check_refused("belongs to another database")


def test_of_a_database_and_its_copy_one_is_refused_as_soon_as_the_other_has_looked():
    prune()
    copy = FileStorage.objects.get()
    prune()
    copy.save()
    check_refused("shares its files with a copy")


def test_a_storage_that_is_not_mounted_is_refused_and_gets_no_identity():
    job_with_file()
    prune()
    shutil.move(root(), root().with_name("elsewhere"))
    for mount_point_exists in (False, True):
        check_refused("is it mounted?")
        assert not (root() / "storage.json").exists()
        root().mkdir(exist_ok=mount_point_exists)


def test_a_storage_whose_identity_was_deleted_is_known_by_its_files():
    path = job_with_file()
    prune()
    (root() / "storage.json").unlink()
    assert prune().refusal == ""
    assert path.exists()
    assert generation() == FileStorage.objects.get().generation


@pytest.mark.parametrize(
    "content", ["", "x", "[]", "null", '{"identity": 1}', '{"identity": "x", "generation": 1}']
)
def test_an_identity_that_cannot_be_read_is_no_identity(content):
    job_with_file()
    prune()
    (root() / "storage.json").write_text(content)
    check_refused("cannot be read")


def test_a_storage_that_was_restored_from_a_backup_is_not_refused():
    prune()
    FileStorage.objects.update(generation=F("generation") + 100)
    assert prune().refusal == ""


def test_jobs_with_files_wait_for_their_storage_and_the_others_are_pruned(
    make_type, lose_the_database
):
    prune()
    FileStorage.objects.all().delete()
    kind = make_type(retention_days=0)
    path = job_with_file(type=kind.slug, name="with a file")
    make_job(type=kind.slug, status="COMPLETED", name="without")
    assert prune().job_count == 1
    assert path.exists()
    assert Job.objects.get().name == "with a file"
    storage.adopt("default")
    assert prune().job_count == 1
    assert not path.exists()


def test_a_storage_is_adopted_on_purpose_and_then_every_other_database_is_refused(capsys):
    job_with_file()
    prune()
    ours = FileStorage.objects.get()
    FileStorage.objects.all().delete()
    call_command("job_files", "adopt")
    assert "1 of 1 file found." in capsys.readouterr().out
    assert prune().refusal == ""
    FileStorage.objects.all().delete()
    ours.save()
    check_refused("belongs to another database")


def test_a_file_of_a_deleted_job_stays_in_a_storage_of_another_database():
    path = job_with_file()
    prune()
    FileStorage.objects.all().delete()
    storage.discard([path.relative_to(root()).as_posix()], using="default")
    assert path.exists()


def test_a_job_saves_nothing_below_a_mount_point_and_says_why(make_type):
    def save(job):
        with job.save_file("a.csv", "text/csv") as file:
            file.write(b"content")

    kind = make_type(save)
    job_with_file()
    prune()
    shutil.move(root(), root().with_name("elsewhere"))
    root().mkdir()
    outcome = execute(make_job(type=kind.slug, status="PROCESSING"))
    assert "is it mounted?" in outcome.error_message
    assert list(root().iterdir()) == []
    root().rmdir()
    shutil.move(root().with_name("elsewhere"), root())
    assert execute(make_job(type=kind.slug, status="PROCESSING")).status == "COMPLETED"
    assert len(stored()) == 2
