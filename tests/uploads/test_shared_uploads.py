"""Uploads that several jobs have, reruns with them, and their end."""

import pytest
from django import forms
from django.core.files.storage import storages

from jobs import services
from jobs.engine.worker.execution import execute
from jobs.errors import InvalidParams, NotPermitted, UploadRefused
from jobs.models import JobUpload, Status, Upload
from jobs.services import Launch, code_caller
from tests.support import people
from tests.support.factories import make_user
from tests.support.people import caller_for
from tests.support.uploads import ROWS, OneFile, make_upload, settle, submit_reader

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def test_a_job_that_runs_again_reads_the_same_bytes(reader, lena):
    job = submit_reader(lena, file=str(make_upload(lena).id))
    settle(job)
    caller = caller_for(people.operator())  # who does not own the upload
    again = services.rerun(caller, job.id, {"count": 3}).job
    assert again.params["file"] == job.params["file"]
    assert execute(again).result["text"] == ROWS.decode()
    settle(again)
    kept = services.rerun(caller, again.id, dict(again.params)).job  # as the API shows them
    assert kept.params == again.params


def test_a_rerun_may_replace_the_file_by_an_own_one_and_no_other(reader, lena):
    job = submit_reader(lena, file=str(make_upload(lena).id))
    settle(job)
    olga = people.operator()
    with pytest.raises(InvalidParams):
        services.rerun(caller_for(olga), job.id, {"file": str(make_upload(lena).id)})
    new = make_upload(olga, b"new", "new.csv")
    again = services.rerun(caller_for(olga), job.id, {"file": str(new.id)}).job
    assert execute(again).result["text"] == "new"


def test_an_id_in_a_text_of_an_earlier_job_does_not_make_the_upload_its_own(make_type, lena):
    class Noted(OneFile):
        file = forms.FileField(required=False)
        note = forms.CharField(required=False)

    make_type(slug="reader", label="Reader", form=Noted)
    foreign, olga = str(make_upload(lena).id), people.operator()
    job = submit_reader(olga, note=foreign)
    settle(job)
    with pytest.raises(InvalidParams, match="no such upload"):
        services.rerun(caller_for(olga), job.id, {"file": foreign})


def test_a_rerun_with_other_params_keeps_no_file_that_its_user_may_not_read(make_type, lena):
    class OfCustomer(OneFile):
        count = forms.IntegerField()

    def needed(params):
        return "jobs.delete_job" if params["count"] == 1 else None

    make_type(slug="reader", label="Reader", form=OfCustomer, permission_for=needed)
    upload = make_upload(lena)
    code = code_caller(name="import")
    job = services.submit(code, type="reader", params={"file": str(upload.id), "count": 1}).job
    settle(job)
    other = make_user("jobs.view_job", "jobs.add_job")
    with pytest.raises(InvalidParams, match="no such upload"):
        services.rerun(caller_for(other), job.id, {"count": 2})
    assert services.rerun(caller_for(people.operator()), job.id, {"count": 2}).job


def test_the_bytes_go_with_the_last_job_that_has_them(reader, lena):
    upload = make_upload(lena)
    first = submit_reader(lena, file=str(upload.id))
    settle(first)
    second = services.rerun(caller_for(lena), first.id).job
    settle(second)
    olga = caller_for(people.operator())
    services.delete(olga, first.id)
    assert storages["jobs"].exists(upload.stored_name)
    services.delete(olga, second.id)
    assert not storages["jobs"].exists(upload.stored_name)
    assert not Upload.objects.exists()


def test_an_upload_that_a_job_has_cannot_be_deleted(reader, lena):
    taken, free = make_upload(lena), make_upload(lena)
    submit_reader(lena, file=str(taken.id))
    with pytest.raises(UploadRefused):
        services.delete_upload(caller_for(lena), taken.id)
    services.delete_upload(caller_for(lena), free.id)
    assert not storages["jobs"].exists(free.stored_name)
    with pytest.raises(Upload.DoesNotExist):
        services.delete_upload(caller_for(people.operator()), taken.id)


def test_a_job_that_is_refused_takes_no_upload(reader, lena, broken_redis):
    upload = make_upload(lena)
    with pytest.raises(Exception, match="broker"):
        submit_reader(lena, file=str(upload.id))
    upload.refresh_from_db()
    assert upload.unused_since is not None
    assert not JobUpload.objects.exists()


def test_a_batch_finds_all_its_uploads_in_one_query(reader, lena, django_assert_max_num_queries):
    ids = [str(make_upload(lena).id) for _ in range(20)]
    launches = [Launch(type="reader", params={"file": one}) for one in ids]
    with django_assert_max_num_queries(12):
        services.submit_batch(caller_for(lena), launches)
    assert JobUpload.objects.count() == 20


def test_code_without_an_account_may_use_every_upload(reader, lena):
    upload = make_upload(lena)
    caller = code_caller(name="import")
    job = services.submit(caller, type="reader", params={"file": str(upload.id)}).job
    assert execute(job).result["text"] == ROWS.decode()


def test_who_may_not_launch_may_not_upload(lena):
    with pytest.raises(NotPermitted, match=r"jobs\.add_job"):
        make_upload(people.viewer())


def test_a_job_whose_bytes_are_lost_fails_and_says_so(reader, lena):
    upload = make_upload(lena)
    job = submit_reader(lena, file=str(upload.id))
    storages["jobs"].delete(upload.stored_name)
    outcome = execute(job)
    assert (outcome.status, outcome.error_type) == (Status.FAILED, "FileNotFoundError")
