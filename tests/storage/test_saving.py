"""A handler's files: replaced files and those saved too late leave nothing in the storage."""

from datetime import timedelta

import pytest

from jobs import storage
from jobs.engine.worker.execution import execute
from jobs.models import Job, JobFile, Status
from tests.storage.conftest import root, stored
from tests.support.factories import make_job

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def save(job, content):
    with job.save_file("figures.csv", "text/csv") as file:
        file.write(content)


def test_a_file_lies_by_the_hour_and_names_its_job(make_type):
    job = make_job(type=make_type(lambda job: save(job, b"1")).slug, status=Status.PROCESSING)
    execute(job)
    [name] = stored()
    assert JobFile.objects.get().stored_name == name
    assert storage.job_of(name) == job.id
    [folder] = storage.folders()
    assert abs(folder.hour - job.started_at) <= timedelta(hours=1)


def test_a_file_that_replaces_another_leaves_one_in_the_storage(make_type):
    def run(job):
        for number in range(5):
            save(job, b"%d" % number)

    execute(make_job(type=make_type(run).slug, status=Status.PROCESSING))
    assert stored() == {JobFile.objects.get().stored_name}
    assert (root() / JobFile.objects.get().stored_name).read_bytes() == b"4"


def test_an_attempt_that_lost_its_job_leaves_no_file(make_type):
    def run(job):
        Job.objects.filter(id=job.id).update(attempt=2)
        save(job, b"late")

    execute(make_job(type=make_type(run).slug, status=Status.PROCESSING))
    assert stored() == set()
    assert not JobFile.objects.exists()
