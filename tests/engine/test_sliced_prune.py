"""A long prune leaves the leader time for its other duties; a locked job holds up no other."""

import threading
import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from jobs.engine.upkeep import Upkeep, prune, pruning, sliced
from jobs.engine.upkeep.sliced import SlicedPrune
from jobs.models import Job, Status, UpkeepState
from tests.support.factories import make_job

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]


@pytest.fixture
def due_at_once(monkeypatch):
    monkeypatch.setattr(sliced, "EVERY_SECONDS", 0.0)


def old_jobs(count):
    past = timezone.now() - timedelta(days=100)
    first = int(past.timestamp() * 1000) << 80
    return [
        make_job(
            id=UUID(int=first + number), status=Status.COMPLETED, created_at=past, finished_at=past
        )
        for number in range(count)
    ]


def test_a_long_prune_does_not_silence_the_leader(settings, monkeypatch, due_at_once):
    settings.JOBS_LEASE_SECONDS, settings.JOBS_HEARTBEAT_SECONDS = 1.5, 0.25
    remove = pruning.lifecycle.remove
    monkeypatch.setattr(pruning, "BATCH", 1)
    monkeypatch.setattr(
        pruning.lifecycle,
        "remove",
        lambda *args, **kwargs: time.sleep(0.1) or remove(*args, **kwargs),
    )
    old_jobs(40)
    upkeep = Upkeep()
    leader = threading.Thread(target=lambda: (upkeep.run(), connections.close_all()))
    leader.start()
    try:
        while not UpkeepState.objects.exists():
            time.sleep(0.05)
        looks = 0
        while Job.objects.exists():
            assert UpkeepState.objects.live().exists(), f"silent after {looks} looks"
            looks += 1
            time.sleep(0.05)
    finally:
        upkeep.stopped.set()
        leader.join()
    assert looks * 0.05 > settings.JOBS_LEASE_SECONDS, "the prune took longer than a lease"


def test_a_call_works_for_a_slice_and_the_next_goes_on(settings, monkeypatch, due_at_once):
    settings.JOBS_HEARTBEAT_SECONDS = 0.02
    monkeypatch.setattr(pruning, "BATCH", 1)
    old_jobs(30)
    duty = SlicedPrune()
    calls = 0
    while not duty.run():
        calls += 1
    assert calls > 1
    assert not Job.objects.exists()


def test_a_prune_that_failed_is_begun_again_a_minute_later(monkeypatch, due_at_once):
    def fail(*args):
        raise RuntimeError("a fault")

    duty = SlicedPrune()
    with monkeypatch.context() as broken:
        broken.setattr(pruning, "old_jobs", fail)
        with pytest.raises(RuntimeError):
            duty.run()
        assert duty.run() is False, "not at every turn of the leader"
    duty._due_at = time.monotonic()
    assert duty.run() is True


def test_a_locked_job_holds_up_no_other(monkeypatch):
    jobs = old_jobs(20)
    with transaction.atomic():
        Job.objects.select_for_update().get(id=jobs[7].id)
        with connections["worker"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        assert prune().job_count == 19
    with connections["worker"].cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    assert set(Job.objects.values_list("id", flat=True)) == {jobs[7].id}
    assert connection.in_atomic_block is False
    assert prune().job_count == 1
