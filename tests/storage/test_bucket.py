"""Files of jobs in a bucket, on a real server of S3's protocol: saved, searched, removed."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command

from jobs import services, storage
from jobs.engine.upkeep import orphan_files, prune
from jobs.engine.worker.execution import execute
from jobs.models import FileStorage, Job, JobFile, Status
from jobs.storage import new_name
from tests.storage.conftest import removed, stored
from tests.support import buckets
from tests.support.factories import make_job

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("bucket"),
]
MIB = 1024 * 1024


@pytest.fixture
def settled(monkeypatch):
    """Let every file count as stored more than a day ago; a server gives files its own time."""
    monkeypatch.setattr(
        "jobs.engine.upkeep.pruning.settled_before", lambda: datetime.now(UTC) + timedelta(hours=2)
    )


def put(name, content=b"content"):
    """Store a file under this name and return the name."""
    return storage.place().save(name, ContentFile(content))


def job_with_file(**fields):
    """Return the row of a file of a completed job, with its content in the bucket."""
    job = make_job(**{"status": Status.COMPLETED} | fields)
    return job.files.create(
        attempt=1,
        name="a.csv",
        content_type="text/csv",
        size=7,
        sha256="",
        stored_name=put(new_name(job.id)),
    )


def saving(make_type, size):
    """Return a running job whose handler saves a file of this size, 1 MiB at a time."""

    def run(job):
        with job.save_file("big.bin", "application/octet-stream") as file:
            for number in range(size // MIB):
                file.write(bytes([number % 251]) * MIB)

    return make_job(type=make_type(run).slug, status=Status.PROCESSING)


def test_a_handler_saves_and_replaces_files(make_type):
    def run(job):
        for number in range(3):
            with job.save_file("figures.csv", "text/csv") as file:
                file.write(b"%d" % number)

    assert execute(make_job(type=make_type(run).slug, status=Status.PROCESSING)).status == (
        Status.COMPLETED
    )
    assert stored() == {JobFile.objects.get().stored_name}
    assert storage.open_part(JobFile.objects.get().stored_name, 0, None).read(9) == b"2"


def test_an_attempt_that_lost_its_job_leaves_no_file(make_type):
    def run(job):
        Job.objects.filter(id=job.id).update(attempt=2)
        with job.save_file("a.csv", "text/csv") as file:
            file.write(b"late")

    execute(make_job(type=make_type(run).slug, status=Status.PROCESSING))
    assert stored() == set()


def test_a_large_file_goes_in_parts_and_in_constant_memory(make_type):
    job = saving(make_type, 80 * MIB)
    storage.save(job.id, ContentFile(b"what boto3 loads once"))
    tracemalloc.start()
    assert execute(job).status == Status.COMPLETED
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    file = JobFile.objects.get()
    assert file.size == 80 * MIB
    assert peak < 45 * MIB, "two parts of 16 MiB, and some"
    assert storage.open_part(file.stored_name, 79 * MIB, 2).read(2) == bytes([79, 79])


def test_a_new_bucket_gets_the_identity_and_a_foreign_database_removes_nothing(settled):
    assert prune().refusal == ""
    files = [job_with_file() for _ in range(3)]
    FileStorage.objects.all().delete()
    Job.objects.all().delete()
    refusal = prune().refusal
    assert refusal.startswith("FILES_URL belongs to another database.")
    assert stored() == {file.stored_name for file in files}


def test_what_belongs_to_no_job_is_kept_for_a_week_and_what_a_job_has_stays(settled):
    kept = job_with_file()
    orphan = put(new_name(uuid4()))
    running = put(new_name(make_job(status=Status.PROCESSING).id))
    put("notes.txt")
    put("2026/11/25/13/readme")
    assert (prune(dry_run=True).files, len(stored())) == (1, 3)
    assert prune().files == 1
    assert stored() == {kept.stored_name, running}
    assert removed() == {orphan}
    call_command("job_files", "purge")
    assert removed() == set()
    assert {file.name for file in storage.place().files_below("2026/11/25")} == {
        "2026/11/25/13/readme"
    }


def test_a_file_stored_a_moment_ago_is_never_removed():
    name = put(new_name(uuid4()))
    assert (prune().files, stored()) == (0, {name})


def test_files_of_pruned_jobs_are_removed_and_put_back_for_a_restored_database(make_type, capsys):
    file = job_with_file(type=make_type(retention_days=0).slug)
    job = Job.objects.get()
    assert prune().job_files == 1
    assert (stored(), removed()) == (set(), {file.stored_name})
    job.save(force_insert=True)
    file.save(force_insert=True)
    call_command("job_files", "restore")
    assert "1 removed file put back" in capsys.readouterr().out
    assert (stored(), removed()) == ({file.stored_name}, set())


def test_files_of_a_deleted_job_go_at_once():
    prune()
    file = job_with_file()
    services.delete(services.code_caller(), file.job_id)
    assert (stored(), removed()) == (set(), set())


def test_each_hour_few_of_the_old_folders_are_listed(monkeypatch, settled):
    prune()
    for hours in range(30):
        moment = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=hours)
        put(f"{moment:%Y/%m/%d/%H}/{uuid4()}-{uuid4().hex}")
    FileStorage.objects.update(looked_until=datetime.now(UTC))
    requests = []
    buckets.client().meta.events.register(
        "before-call.s3.ListObjectsV2", lambda **call: requests.append(call["params"])
    )
    row = storage.tie("worker")
    search = orphan_files.FileSearch(row, whole=False, before=datetime.now(UTC))
    for _ in search.steps():
        pass
    assert len(requests) < 25, "of 720 hours about 5 are due; years and months are few"


@pytest.mark.parametrize("content", [b"", b"content"])
def test_a_file_is_found_also_without_bytes(content):
    name = put(new_name(uuid4()), content)
    assert storage.exists(name)
    assert not storage.exists(f"{name}0")
    assert storage.open_part(name, 0, None).read(9) == content
    with pytest.raises(FileNotFoundError):
        storage.open_part(f"{name}0", 0, None)


def test_an_upload_that_never_ended_is_dropped_and_others_are_left(bucket, settled):
    client, name = buckets.client(), buckets.name_of(bucket)
    for key in [f"of/jobs/{new_name(uuid4())}", "of/jobs/else", "foreign"]:
        client.create_multipart_upload(Bucket=name, Key=key)
    prune()
    left = client.list_multipart_uploads(Bucket=name)["Uploads"]
    assert {upload["Key"] for upload in left} == {"of/jobs/else", "foreign"}


def test_the_command_says_which_bucket_it_is(bucket, capsys):
    prune()
    job_with_file()
    call_command("job_files", "status")
    said = capsys.readouterr().out
    assert f"FILES_URL: {bucket['FILES_URL']}/\n" in said
    assert "All is well." in said
