"""Files in the launch form: kept while the form is refused, and kept or replaced by a rerun."""

import errno
import re

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from jobs.models import Job, Status, Upload
from tests.support import people
from tests.support.uploads import ROWS, OneFile, make_upload, read_files

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("own_files", "redis"),
]

PAGE = "/admin/jobs/job/launch/reader/"


@pytest.fixture(autouse=True)
def reader(make_type):
    return make_type(read_files, slug="reader", label="Reader", form=OneFile)


def chosen(content=ROWS, name="rows.csv"):
    return SimpleUploadedFile(name, content)


def filled(**entries):
    defaults = {"name": "Import", "params-count": "1"}
    return defaults | {f"params-{name}": value for name, value in entries.items()}


def hidden_id(page):
    found = re.search(r'<input type="hidden" name="params-file" value="([^"]+)"', page)
    return found and found[1]


def errors_of(response):
    return {name: list(found) for name, found in response.context["params_form"].errors.items()}


def test_the_form_is_multipart_and_says_what_is_taken(operator, make_type):
    kinds = {"upload_limit": 2048, "upload_kinds": (".csv", "text/csv")}
    make_type(read_files, slug="small", label="Small", form=OneFile, **kinds)
    page = operator.get("/admin/jobs/job/launch/small/").content.decode()
    assert 'enctype="multipart/form-data"' in page
    assert 'accept=".csv,text/csv"' in page
    assert "At most 2.0 KB. Kinds: .csv, text/csv." in page
    assert "UPLOAD_FILE=$(curl" in page.replace("&#x27;", "'")


def test_a_chosen_file_becomes_the_parameter_of_the_job(operator):
    response = operator.post(PAGE, filled(file=chosen(), extra=chosen(b"more", "more.txt")))
    assert response.status_code == 302, errors_of(response)
    job = Job.objects.get()
    names = {str(one.id): one.name for one in job.uploads.all()}
    assert names[job.params["file"]] == "rows.csv"
    assert names[job.params["extra"]] == "more.txt"


def test_a_refused_form_keeps_the_file_so_that_it_need_not_be_chosen_again(operator):
    refused = operator.post(PAGE, filled(file=chosen(), count="99"))
    assert errors_of(refused).keys() == {"count"}
    page = refused.content.decode()
    assert "<strong>rows.csv</strong>" in page
    kept = hidden_id(page)
    assert Upload.objects.get(created_by=operator.user).unused_since is not None
    again = operator.post(PAGE, filled(file=kept, count="2"))
    assert again.status_code == 302
    job = Job.objects.get()
    assert job.params == {"file": kept, "extra": None, "count": 2}
    assert Upload.objects.count() == 1


def test_a_kept_file_stays_though_browsers_send_the_empty_file_input_as_well(operator):
    kept = str(make_upload(operator.user).id)
    assert operator.post(PAGE, filled(file=[kept, ""])).status_code == 302
    assert Job.objects.get().params["file"] == kept


def test_a_file_of_another_user_or_none_is_refused_with_one_sentence(operator):
    others = make_upload(people.launcher())
    for value in (str(others.id), "5", "0" * 8 + "-0000-0000-0000-" + "0" * 12):
        refused = operator.post(PAGE, filled(file=value))
        assert errors_of(refused) == {"file": ["The file is no longer kept. Choose it again."]}
    assert errors_of(operator.post(PAGE, filled())) == {"file": ["This field is required."]}
    assert not Job.objects.exists()


def refuse(file, name):
    return f"{name} has a virus."


def test_files_that_are_not_taken_say_why_beside_their_input(operator, settings):
    settings.UPLOAD_LIMIT_BYTES = 30
    large = operator.post(PAGE, filled(file=chosen(b"x" * 31)))
    assert errors_of(large)["file"] == ["“rows.csv” is larger than the limit of 30 bytes."]
    assert errors_of(operator.post(PAGE, filled(file=chosen(b"x", "a.exe"))))["file"]
    assert errors_of(operator.post(PAGE, filled(file=chosen(b""))))["file"] == [
        "The submitted file is empty."
    ]
    settings.UPLOAD_SCANNER = f"{__name__}.refuse"
    scanned = operator.post(PAGE, filled(file=chosen()))
    assert errors_of(scanned)["file"] == ["rows.csv has a virus."]
    assert not Job.objects.exists()


def test_who_keeps_too_many_bytes_reads_it_beside_the_input(operator, settings):
    settings.UPLOAD_UNUSED_LIMIT_BYTES = len(ROWS)
    make_upload(operator.user)
    refused = operator.post(PAGE, filled(file=chosen()))
    [sentence] = errors_of(refused)["file"]
    assert sentence.startswith(f"Your files that no job uses take {len(ROWS)} bytes")
    assert not Job.objects.exists()


def test_a_full_storage_is_a_sentence_in_the_form(operator, monkeypatch):
    def full(self, name, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    response = operator.post(PAGE, filled(file=chosen(), count="3"))
    assert response.status_code == 507
    assert "No space left on device" in errors_of(response)["file"][0]
    assert 'value="3"' in response.content.decode()


def test_a_body_larger_than_any_file_is_413(operator, settings):
    settings.UPLOAD_LIMIT_BYTES = 10
    answer = operator.post(PAGE, filled(file=chosen(b"x" * 1_100_000)))
    assert answer.status_code == 413
    assert "10 bytes" in answer.content.decode()


def test_a_form_that_is_sent_twice_makes_one_job_and_another_file_another(operator):
    once = operator.get(PAGE).context["once"]
    for content in (ROWS, ROWS, b"other"):
        operator.post(PAGE, filled(file=chosen(content)) | {"once": once})
    assert Job.objects.count() == 2
    kept = hidden_id(operator.post(PAGE, filled(file=chosen(), count="99")).content.decode())
    operator.post(PAGE, filled(file=kept) | {"once": once})
    assert Job.objects.count() == 2, "the same file, kept by a refused form"


@pytest.fixture
def done(operator):
    operator.post(PAGE, filled(file=chosen(), extra=chosen(b"more", "more.txt")))
    Job.objects.update(status=Status.COMPLETED, finished_at=timezone.now())
    return Job.objects.get()


def again(job):
    return f"{PAGE}?again={job.id}"


def test_launching_again_keeps_replaces_and_leaves_out_files(operator, done):
    page = operator.get(again(done)).content.decode()
    assert "<strong>rows.csv</strong>" in page
    assert hidden_id(page) is None, "the job has it"
    operator.post(again(done), filled(count="5"))
    kept = Job.objects.get(rerun_of=done)
    assert kept.params == done.params | {"count": 5}
    operator.post(again(done), filled(file=chosen(b"new", "new.csv"), **{"extra-clear": "on"}))
    replaced = Job.objects.exclude(id=kept.id).get(rerun_of=done)
    assert replaced.params["extra"] is None
    assert {one.name for one in replaced.uploads.all()} == {"new.csv"}


def test_another_user_who_sees_the_job_launches_it_again_with_its_file(client, done):
    other = people.sign_in(client, people.operator(username="otto"))
    assert other.post(again(done), filled()).status_code == 302
    assert Job.objects.get(rerun_of=done).params == done.params


def test_the_page_of_the_job_links_to_its_files_for_who_may_see_it(operator, client, done):
    page = operator.get(f"/admin/jobs/job/{done.id}/change/").content.decode()
    link = f"/admin/jobs/job/{done.id}/uploads/{done.params['file']}/"
    assert f'<a href="{link}">rows.csv (' in page
    content = operator.get(link)
    assert b"".join(content.streaming_content) == ROWS
    assert content["Content-Disposition"] == 'attachment; filename="rows.csv"'
    stranger = people.sign_in(client, people.launcher())
    assert stranger.get(link).status_code == 404


def test_the_preview_of_the_call_stores_nothing_and_names_the_file(operator):
    entries = filled() | {"params-file-name": "orders of ü.csv"}
    text = operator.post(f"{PAGE}call/", entries).content.decode()
    assert "--data-binary '@orders of ü.csv'" in text
    assert '"file": "\'"$UPLOAD_FILE"\'"' in text
    operator.post(f"{PAGE}call/", filled(file=chosen()))
    assert not Upload.objects.exists()


def test_an_address_fills_in_no_file(operator):
    page = operator.get(f"{PAGE}?file={make_upload(operator.user).id}")
    assert "A file is chosen here." in page.content.decode()
