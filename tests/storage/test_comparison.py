"""`manage.py job_files check` lists what database and storage do not agree on."""

from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from jobs.engine.upkeep import prune
from jobs.models import JobFile, Upload
from jobs.storage import comparison, new_name
from tests.storage.conftest import job_with_file, old_file
from tests.support.factories import make_job

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def test_nothing_is_listed_where_all_agree(capsys):
    for _ in range(3):
        job_with_file()
    prune()
    call_command("job_files", "check")
    assert capsys.readouterr().out == (
        "0 files are missing or incomplete; 0 stored files belong to no job.\n"
    )


def test_each_difference_is_listed_and_the_command_fails(capsys, monkeypatch):
    monkeypatch.setattr(comparison, "COMPARED_A_STEP", 2)
    paths = [job_with_file() for _ in range(5)]
    missing, short = JobFile.objects.order_by("id")[:2]
    paths[0].unlink()
    paths[1].write_bytes(b"con")
    upload = Upload.objects.create(
        name="in.csv",
        content_type="text/csv",
        size=7,
        sha256="0" * 64,
        stored_name=new_name(uuid4()),
    )
    orphan = old_file(new_name(make_job(status="COMPLETED").id))
    with pytest.raises(CommandError) as raised:
        call_command("job_files", "check")
    assert raised.value.returncode == 1
    assert str(raised.value) == (
        "3 files are missing or incomplete; 1 stored files belong to no job."
    )
    lines = capsys.readouterr().out.splitlines()
    assert f"job {missing.job_id}: 'a.csv' ({missing.stored_name}) is missing" in lines
    assert f"job {short.job_id}: 'a.csv' ({short.stored_name}) has 3 bytes" in lines
    assert [line for line in lines if "no job" in line] == [
        f"{'/'.join(orphan.parts[-5:])} belongs to no job"
    ]
    assert f"upload {upload.id}: 'in.csv' ({upload.stored_name}) is missing" in lines
    assert len(lines) == 4
    assert all(path.exists() for path in paths[1:])
