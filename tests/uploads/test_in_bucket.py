"""Uploads in a bucket of a real server of S3's protocol: sent, read, read again, deleted."""

import hashlib

import pytest
from django.core.management import CommandError, call_command

from jobs import services, storage
from jobs.engine.upkeep import prune
from jobs.engine.worker.execution import execute
from jobs.models import ApiToken, Job, Upload
from tests.storage.conftest import stored
from tests.support import buckets
from tests.support.people import caller_for
from tests.support.uploads import ROWS, OneFile, age, make_upload, settle, submit_reader

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("bucket", "redis"),
]


@pytest.fixture
def program(lena, client):
    """Sends requests with a token of Lena's."""
    token = ApiToken.objects.create(lena, name="test")[1]

    def send(address, body, kind="application/json"):
        headers = {"Authorization": f"Token {token}"}
        return client.generic(
            "POST", f"/api/v1/{address}", body, content_type=kind, headers=headers
        )

    return send


def test_a_job_and_its_rerun_read_the_same_bytes_and_the_last_takes_them_along(
    reader, lena, program, client
):
    sent = program("uploads/?name=rows.csv", ROWS, "text/csv").json()
    assert sent["sha256"] == hashlib.sha256(ROWS).hexdigest()
    upload = Upload.objects.get()
    assert stored() == {upload.stored_name}
    answer = program("jobs/", f'{{"type": "reader", "params": {{"file": "{sent["id"]}"}}}}')
    job = Job.objects.get(id=answer.json()["id"])
    assert execute(job).result["text"] == ROWS.decode()
    settle(job)
    again = services.rerun(caller_for(lena), job.id).job
    assert execute(again).result["sha256"] == sent["sha256"]
    settle(again)
    client.force_login(lena)
    content = client.get(f"/admin/jobs/job/{again.id}/uploads/{upload.id}/")
    assert b"".join(content.streaming_content) == ROWS
    for one in (job, again):
        assert stored() == {upload.stored_name}
        services.delete(services.code_caller(name="test"), one.id)
    assert stored() == set()


def test_a_handler_reads_lines_and_a_copy_on_disk(make_type, lena):
    def run(job, file, extra, count):
        lines = list(file)
        with file.on_disk() as path:
            return {"lines": len(lines), "size": path.stat().st_size, "last": file.read(4).decode()}

    make_type(run, slug="reader", label="Reader", form=OneFile)
    job = submit_reader(lena, file=str(make_upload(lena).id))
    assert execute(job).result == {"lines": 3, "size": len(ROWS), "last": "name"}


def test_what_is_lost_is_listed_and_what_no_job_took_is_swept(reader, lena, capsys):
    lost, unused = make_upload(lena), make_upload(lena, b"unused")
    storage.drop(lost.stored_name)
    with pytest.raises(CommandError, match="1 files are missing"):
        call_command("job_files", "check")
    line = f"upload {lost.id}: 'rows.csv' ({lost.stored_name}) is missing"
    assert capsys.readouterr().out.splitlines() == [line]
    Upload.objects.filter(id=lost.id).delete()
    age(unused, hours=25)
    assert prune().uploads == 1
    assert stored() == set()


def test_a_bucket_that_is_away_keeps_nothing_and_says_so(settings, program, bucket):
    buckets.client().delete_bucket(Bucket=buckets.name_of(bucket))
    answer = program("uploads/?name=rows.csv", ROWS, "text/csv")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert not Upload.objects.exists()
