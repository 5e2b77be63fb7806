"""A job takes an upload by its id; the handler reads its bytes."""

import hashlib
from uuid import uuid4

import pytest

from jobs import services, storage
from jobs.engine.worker.execution import execute
from jobs.errors import InvalidParams
from jobs.models import Job, JobUpload
from tests.support import people
from tests.support.people import caller_for
from tests.support.uploads import ROWS, OneFile, make_upload, read_files, settle, submit_reader

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def errors_of(error):
    return {one.name: one.code for one in error.value.errors}


def test_the_handler_reads_the_bytes_and_knows_name_size_and_hash(reader, lena):
    upload = make_upload(lena)
    job = submit_reader(lena, file=str(upload.id))
    assert job.params == {"file": str(upload.id), "extra": None, "count": 1}
    outcome = execute(job)
    assert outcome.result == {
        "name": "rows.csv",
        "size": len(ROWS),
        "sha256": hashlib.sha256(ROWS).hexdigest(),
        "text": ROWS.decode(),
        "extra": None,
        "count": 1,
    }


def test_several_files_of_one_form_are_given_by_their_names(reader, lena):
    first, second = make_upload(lena), make_upload(lena, b"more", "more.txt")
    job = submit_reader(lena, file=str(first.id), extra=str(second.id).upper())
    assert {one.upload_id for one in JobUpload.objects.filter(job=job)} == {first.id, second.id}
    assert execute(job).result["extra"] == "more"


def test_an_id_of_another_user_and_an_unknown_one_are_refused_alike(reader, lena):
    other = make_upload(people.operator())
    sentences = []
    for value in (str(other.id), str(uuid4())):
        with pytest.raises(InvalidParams) as error:
            submit_reader(lena, file=value)
        assert errors_of(error) == {"file": "unknown_upload"}
        sentences.append(str(error.value))
    assert len(set(sentences)) == 1
    assert not Job.objects.exists()


@pytest.mark.parametrize("value", ["rows.csv", "", 5, True, [], {}, {"id": "x"}, "a" * 36, None])
def test_a_file_given_as_text_or_object_is_refused(reader, lena, value):
    with pytest.raises(InvalidParams) as error:
        submit_reader(lena, file=value)
    assert errors_of(error)["file"] in ("invalid", "required")


def test_the_form_refuses_files_as_it_does_anywhere(reader, lena):
    for content, name, code in ((b"", "rows.csv", "empty"), (b"x", "a.exe", "invalid_extension")):
        with pytest.raises(InvalidParams) as error:
            submit_reader(lena, file=str(make_upload(lena, content, name).id), count=12)
        assert errors_of(error) == {"file": code, "count": "max_value"}


def test_a_type_refuses_files_by_size_and_kind(make_type, lena):
    options = {"upload_limit": 10, "upload_kinds": (".csv", "text/*")}
    make_type(read_files, slug="reader", label="Reader", form=OneFile, **options)
    for content, name, words in (
        (b"x" * 11, "a.csv", "larger than the limit of 10 bytes"),
        (b"x", "a.pdf", "Send .csv, text/*."),
    ):
        with pytest.raises(InvalidParams, match=words) as error:
            submit_reader(lena, file=str(make_upload(lena, content, name).id))
        assert "file_refused" in errors_of(error).values()
    assert submit_reader(lena, file=str(make_upload(lena, b"x" * 10, "a.TXT").id))


def test_a_validator_that_reads_the_file_leaves_all_of_it_to_the_handler(make_type, lena):
    class Read(OneFile):
        def clean_file(self):
            assert self.cleaned_data["file"].read() == ROWS
            return self.cleaned_data["file"]

    make_type(read_files, slug="reader", label="Reader", form=Read)
    job = submit_reader(lena, file=str(make_upload(lena).id))
    assert execute(job).result["text"] == ROWS.decode()


class Read(OneFile):
    """Reads its files to check them."""

    def clean(self):
        for file in filter(None, (self.cleaned_data["file"], self.cleaned_data["extra"])):
            file.read()
        return self.cleaned_data


def test_a_file_that_is_deleted_while_the_form_reads_it_is_an_unknown_upload(make_type, lena):
    make_type(read_files, slug="reader", label="Reader", form=Read)
    there, gone = make_upload(lena), make_upload(lena)
    storage.drop(gone.stored_name)
    with pytest.raises(InvalidParams) as error:
        submit_reader(lena, file=str(there.id), extra=str(gone.id))
    assert errors_of(error) == {"extra": "unknown_upload"}
    assert not Job.objects.exists()


def test_a_rerun_whose_form_reads_a_lost_file_is_refused(make_type, lena):
    make_type(read_files, slug="reader", label="Reader", form=Read)
    upload = make_upload(lena)
    job = submit_reader(lena, file=str(upload.id))
    settle(job)
    storage.drop(upload.stored_name)
    with pytest.raises(InvalidParams) as error:
        services.rerun(caller_for(lena), job.id)
    assert errors_of(error) == {"file": "unknown_upload"}
    assert "Send the file again" in execute(job).error_message


def test_another_file_that_a_validator_misses_stays_an_error_of_the_type(make_type, lena):
    class Missing(OneFile):
        def clean(self):
            raise FileNotFoundError("a template of the type")

    make_type(read_files, slug="reader", label="Reader", form=Missing)
    with pytest.raises(FileNotFoundError):
        submit_reader(lena, file=str(make_upload(lena).id))
