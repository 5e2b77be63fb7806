"""Each place that reports a storage of another database, and the sentence that it shows."""

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from jobs import storage
from jobs.engine.upkeep import prune
from jobs.engine.upkeep.sliced import SlicedPrune
from tests.storage.conftest import job_with_file, root
from tests.support.factories import make_user, make_worker

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


def test_healthz_names_the_fix(client, lose_the_database):
    job_with_file()
    prune()
    lose_the_database()
    client.force_login(make_user(is_staff=True))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "manage.py job_files adopt" in answer.json()["checks"]["files"]
    call_command("job_files", "adopt")
    assert client.get("/healthz").json()["checks"]["files"] == "ok"


def test_upkeep_says_once_why_it_leaves_files_alone(lose_the_database, caplog, monkeypatch):
    job_with_file()
    prune()
    lose_the_database()
    monkeypatch.setattr("jobs.engine.upkeep.sliced.EVERY_SECONDS", 0.0)
    duty = SlicedPrune()
    for _ in range(3):
        while not duty.run():
            pass
    refusal = storage.problem("default")
    assert [record.levelname for record in caplog.records if refusal in record.getMessage()] == [
        "WARNING"
    ]


def test_the_commands_say_what_is_wrong(capsys, lose_the_database):
    job_with_file()
    prune()
    lose_the_database()
    call_command("prune_jobs", "--dry-run")
    assert "belongs to another database" in capsys.readouterr().err
    call_command("job_files", "status")
    assert "belongs to another database" in capsys.readouterr().out


def test_a_storage_that_cannot_be_written_is_a_sentence_and_changes_nothing(settings, capsys):
    make_worker()
    path = job_with_file()
    prune()
    blocked = root().with_name("a file")
    blocked.write_text("no directory")
    settings.STORAGES["jobs"]["OPTIONS"]["location"] = str(blocked)
    settings.STORAGES = settings.STORAGES | {"jobs": dict(settings.STORAGES["jobs"])}
    assert storages["jobs"].location == str(blocked)
    assert prune().refusal.startswith("FILES_DIR cannot be used: ")
    with pytest.raises(CommandError, match="FILES_DIR cannot be used"):
        call_command("job_files", "adopt")
    assert path.exists()
