"""Files on the command line and in tests of job types, and the file that a handler gets."""

import csv
import io
import subprocess

import pytest
from django.core.management import CommandError, call_command

from jobs.errors import InvalidParams
from jobs.models import Job, Upload
from jobs.testing import run_type
from jobs.uploads import stored_file
from tests.support.uploads import ROWS, make_upload


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(ROWS)
    return path


def test_a_test_passes_an_open_file_or_a_path(reader, rows):
    with rows.open("rb") as file:
        assert run_type("reader", {"file": file}).result["text"] == ROWS.decode()
    run = run_type("reader", {"file": rows, "extra": io.BytesIO(b"more")} | {"count": 2})
    assert (run.result["name"], run.result["size"]) == ("rows.csv", len(ROWS))
    assert run.result["extra"] == "more"


def test_a_test_hears_of_a_file_that_the_form_refuses_or_that_is_text(reader, tmp_path):
    (tmp_path / "a.exe").write_bytes(b"x")
    with pytest.raises(InvalidParams, match="not allowed"):
        run_type("reader", {"file": tmp_path / "a.exe"})
    with pytest.raises(TypeError, match="binary"):
        run_type("reader", {"file": io.StringIO("x")})


@pytest.mark.django_db(transaction=True)
def test_the_commands_take_a_path_after_an_at_sign(reader, rows, own_files, capsys, tmp_path):
    call_command("run_job_type", "reader", param=[f"file=@{rows}"], output=str(tmp_path))
    assert '"name": "rows.csv"' in capsys.readouterr().out
    assert not Upload.objects.exists()
    call_command("submit_job", type="reader", param=[f"file=@{rows}"])
    job, upload = Job.objects.get(), Upload.objects.get()
    assert (job.params["file"], upload.name) == (str(upload.id), "rows.csv")
    with pytest.raises(CommandError, match="there is no file"):
        call_command("submit_job", type="reader", param=["file=@/nothing"])
    with pytest.raises(CommandError, match="count"):
        call_command("submit_job", type="reader", param=[f"file=@{rows}", "count=99"])
    assert Upload.objects.count() == 1, "the file of a refused job is deleted"


@pytest.mark.django_db
def test_the_file_reads_as_text_again_and_from_a_path(own_files):
    file = stored_file(make_upload())
    with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        assert [row["name"] for row in csv.DictReader(text)] == ["Ada", "Grace"]
    assert file.closed
    with pytest.raises(ValueError, match="closed"):
        file.read()
    assert file.open().read(4) == b"name"
    assert next(iter(file.open())) == b"name,count\n"
    with file.on_disk() as path:
        assert path.suffix == ".csv"
        sizes = subprocess.run(["wc", "-c", path], capture_output=True, text=True, check=True)
        assert sizes.stdout.split()[0] == str(len(ROWS))
    assert not path.exists()
    with pytest.raises(ValueError, match="reading"):
        file.open("wb")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a." + "語" * 80, ".." * 90, "a.c sv"])
def test_a_file_of_any_name_is_copied_to_the_disk(own_files, name):
    with stored_file(make_upload(name=name)).on_disk() as path:
        assert path.read_bytes() == ROWS
