"""A process whose clock is wrong decides nothing by it: PostgreSQL's time says what is old."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from django_celery_results.models import TaskResult

from jobs.engine.upkeep import prune
from jobs.handler.xlsx import workbook
from jobs.models import Job, Status, UpkeepState, Worker
from jobs.storage import new_name
from tests.support import people
from tests.support.factories import make_job, make_worker

# Upkeep speaks over its own connection, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture(params=[-400, -31, 31, 400], ids="{:+} days".format)
def wrong_clock(request, monkeypatch):
    """What this process takes for the time is days off."""
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=request.param))


def test_prune_under_a_wrong_clock_takes_nothing_that_is_young(make_type, wrong_clock, own_files):
    kind = make_type(retention_days=5)
    moment = datetime.now(UTC) - timedelta(days=4)
    job = make_job(type=kind.slug, status=Status.COMPLETED, created_at=moment, finished_at=moment)
    result = TaskResult.objects.create(task_id="of no job")
    TaskResult.objects.update(date_done=moment)
    worker = make_worker()
    name = storages["jobs"].save(new_name(uuid4()), ContentFile(b"x"))
    pruned = prune()
    assert (pruned.job_count, pruned.files, pruned.task_results, pruned.workers) == (0, 0, 0, 0)
    assert Job.objects.filter(id=job.id).exists()
    assert TaskResult.objects.filter(id=result.id).exists()
    assert Worker.objects.filter(id=worker.id).exists()
    assert storages["jobs"].exists(name)


def test_the_home_page_under_a_wrong_clock_knows_who_lives(wrong_clock, client):
    make_worker(host="alive")
    make_worker(host="silent", heartbeat_at=datetime.now(UTC) - timedelta(minutes=2))
    UpkeepState.objects.create(id=1, host="here", pid=1)
    client.force_login(people.viewer())
    figures = client.get("/admin/").context
    assert [worker.host for worker in figures["silent_workers"]] == ["silent"]
    assert (figures["live_workers"], figures["upkeep_is_live"]) == (1, True)


def test_a_clock_set_forward_takes_no_workbook_from_a_worker_at_work(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    clock = time.time
    with (tmp_path / "first").open("wb") as first, workbook(first):
        [at_work] = tmp_path.glob("backoffice-xlsx-*")
        monkeypatch.setattr(time, "time", lambda: clock() + 31 * 24 * 3600)
        with (tmp_path / "second").open("wb") as second, workbook(second):
            assert at_work.exists()
        monkeypatch.undo()
