"""Upkeep searches the folders of the hours that just ended, and some of the older ones."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from jobs import storage
from jobs.engine.upkeep import orphan_files, prune
from jobs.engine.upkeep.orphan_files import STRIPES
from jobs.engine.upkeep.pruning import Pruned, prune_steps
from jobs.models import FileStorage, JobFile
from jobs.storage import layout
from tests.storage.conftest import job_with_file, old_file, root

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


@pytest.fixture(autouse=True)
def tied(own_files):
    prune()


def look():
    """Search the storage as upkeep does every hour."""
    pruned = Pruned()
    for _ in prune_steps(pruned, whole=False):
        pass
    return pruned


def name_at(moment):
    return f"{moment:%Y/%m/%d/%H}/{uuid4()}-{uuid4().hex}"


@pytest.fixture
def listed(monkeypatch):
    """Collect the folders whose files are listed."""
    folders = []
    files_in = layout.files_in
    monkeypatch.setattr(
        storage, "files_in", lambda folder: folders.append(folder) or files_in(folder)
    )
    return folders


def test_an_hour_is_looked_at_once_it_is_settled_and_not_each_hour_again(listed):
    FileStorage.objects.update(looked_until=datetime.now(UTC) - timedelta(hours=30))
    old_file(name_at(datetime.now(UTC) - timedelta(hours=26)))
    assert look().files == 1
    del listed[:]
    for hours in range(26, 200):
        old_file(name_at(datetime.now(UTC) - timedelta(hours=hours)))
    look()
    assert len(listed) < 10, "one of 168 parts, by chance a few folders"


def test_every_old_folder_is_looked_at_within_a_week(monkeypatch):
    assert STRIPES == 7 * 24
    monkeypatch.setattr(orphan_files, "STRIPES", 12)
    look()  # the storage is tied, and every hour so far is looked at
    paths = [
        old_file(f"{uuid4()}/{uuid4().hex}"),
        old_file(name_at(datetime(2020, 1, 1, tzinfo=UTC))),
    ]
    for _ in range(12):
        look()
    assert not any(path.exists() for path in paths)


def test_a_refused_look_is_repeated_until_somebody_decides():
    paths = [job_with_file() for _ in range(6)]
    JobFile.objects.all().delete()
    storage.adopt("default")
    first = look().refusal
    assert first.startswith("6 of 6 stored files")
    assert look().refusal == first
    assert prune(remove_unknown_files=True).files == 6
    assert look().refusal == ""
    assert not any(path.exists() for path in paths)


def test_an_hourly_look_lists_a_fraction_of_the_old_folders(listed):
    for _ in range(1_000):
        folder = root() / str(uuid4())
        folder.mkdir()
        (folder / uuid4().hex).write_bytes(b"")
    look()
    assert len(listed) < 30, "1,000 / 168, and some by chance"
    prune(dry_run=True)
    assert len(listed) > 1_000
