"""An upload at the moment at which jobs take it, and upkeep or its owner deletes it."""

import threading

import pytest
from django.core.files.storage import storages
from django.db import connection, transaction

from jobs import lifecycle, services
from jobs.engine.upkeep import prune
from jobs.engine.worker.execution import execute
from jobs.errors import InvalidBatch, InvalidParams, UploadRefused
from jobs.models import Job, JobUpload, Upload
from jobs.services import Launch
from tests.support.people import caller_for
from tests.support.polling import wait_until
from tests.support.uploads import ROWS, age, make_upload, settle, submit_reader

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files", "redis", "reader"),
]

BLOCKED = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'"""


class Beside(threading.Thread):
    """Does something in a thread with a connection of its own; `outcome` is what came of it."""

    def __init__(self, act):
        super().__init__()
        self.act, self.outcome = act, None
        self.start()

    def run(self):
        try:
            self.outcome = self.act()
        except Exception as error:
            self.outcome = error
        finally:
            connection.close()


def wait_until_blocked():
    def is_blocked():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # the one of this transaction
            cursor.execute(BLOCKED)
            return cursor.fetchone()[0]

    wait_until(is_blocked)


def test_jobs_that_take_one_upload_at_once_all_have_it(lena):
    upload, ready = make_upload(lena), threading.Barrier(4)

    def submit():
        ready.wait(20)
        return submit_reader(lena, file=str(upload.id))

    threads = [Beside(submit) for _ in range(4)]
    for thread in threads:
        thread.join()
    jobs = [thread.outcome for thread in threads]
    assert JobUpload.objects.filter(upload=upload).count() == 4
    for job in jobs[:3]:
        settle(job)
        services.delete(services.code_caller(name="test"), job.id)
    assert execute(jobs[3]).result["text"] == ROWS.decode()


def test_an_upload_that_is_just_being_taken_is_not_deleted(lena):
    upload = make_upload(lena)
    with transaction.atomic():
        job = submit_reader(lena, file=str(upload.id))
        sweep = Beside(lambda: lifecycle.remove_uploads([upload.id]))
        delete = Beside(lambda: services.delete_upload(caller_for(lena), upload.id))
        wait_until_blocked()
    sweep.join()
    delete.join()
    assert sweep.outcome == []
    assert isinstance(delete.outcome, UploadRefused)
    assert execute(job).result["text"] == ROWS.decode()


def test_of_two_deletes_at_once_the_second_finds_no_upload(lena):
    upload = make_upload(lena)
    with transaction.atomic():
        lifecycle.remove_uploads([upload.id])
        delete = Beside(lambda: services.delete_upload(caller_for(lena), upload.id))
        wait_until_blocked()
    delete.join()
    assert isinstance(delete.outcome, Upload.DoesNotExist)


def test_a_job_cannot_take_an_upload_that_is_just_being_deleted(lena):
    upload = make_upload(lena)
    with transaction.atomic():
        assert lifecycle.remove_uploads([upload.id]) == [upload.stored_name]
        submission = Beside(lambda: submit_reader(lena, file=str(upload.id)))
        wait_until_blocked()
    submission.join()
    assert isinstance(submission.outcome, InvalidParams)
    assert [one.code for one in submission.outcome.errors] == ["unknown_upload"]
    assert not Job.objects.exists()


def test_a_rerun_keeps_what_the_delete_of_the_last_job_would_take_along(lena):
    job = submit_reader(lena, file=str(make_upload(lena).id))
    settle(job)
    caller = services.code_caller(name="test")
    with transaction.atomic():
        again = services.rerun(caller_for(lena), job.id).job
        delete = Beside(lambda: services.delete(caller, job.id))
        wait_until_blocked()
    delete.join()
    assert not isinstance(delete.outcome, Exception), delete.outcome
    assert not Job.objects.filter(id=job.id).exists()
    assert execute(again).result["text"] == ROWS.decode()


def test_an_expired_upload_is_refused_as_one_that_never_was(lena):
    upload = make_upload(lena)
    age(upload, hours=25)
    prune()
    with pytest.raises(InvalidParams, match="or it has expired") as error:
        submit_reader(lena, file=str(upload.id))
    assert [one.code for one in error.value.errors] == ["unknown_upload"]


def test_a_batch_names_the_job_whose_upload_is_gone_and_takes_none(lena):
    there, gone = make_upload(lena), make_upload(lena)
    services.delete_upload(caller_for(lena), gone.id)
    launches = [Launch(type="reader", params={"file": str(one.id)}) for one in (there, gone, there)]
    with pytest.raises(InvalidBatch) as error:
        services.submit_batch(caller_for(lena), launches)
    assert list(error.value.errors) == [1]
    assert not Job.objects.exists()
    there.refresh_from_db()
    assert there.unused_since is not None
    services.submit_batch(caller_for(lena), [launches[0], launches[2]])
    assert JobUpload.objects.filter(upload=there).count() == 2


def test_an_upload_of_an_account_that_is_deleted_stays_with_its_job(lena):
    upload = make_upload(lena)
    job = submit_reader(lena, file=str(upload.id))
    lena.delete()
    job.refresh_from_db()
    assert Upload.objects.get().created_by is None
    assert storages["jobs"].exists(upload.stored_name)
