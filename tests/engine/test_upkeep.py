"""Upkeep's duties, each pass on real servers; the clock is moved by moving the rows' times."""

import time
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_celery_results.models import TaskResult

from jobs import lifecycle
from jobs.engine.lost_attempts import end_attempt
from jobs.engine.upkeep import prune
from jobs.engine.upkeep.rescue import Rescue
from jobs.engine.upkeep.unknown import GiveUpUnknown
from jobs.models import Job, JobLog, Status, UpkeepState, Worker
from tests.support.factories import make_job

# Upkeep speaks over its own connection, which sees only what is committed.
pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]

LEASE = 0.4


@pytest.fixture(autouse=True)
def short_leases(settings):
    settings.JOBS_LEASE_SECONDS = LEASE


def expired_job(**fields):
    return make_job(
        status=Status.PROCESSING, lease_until=timezone.now() - timedelta(seconds=1), **fields
    )


def rescue_after_a_lease(rescue):
    rescue.run()
    time.sleep(LEASE)
    return rescue.run()


def test_an_expired_lease_seen_twice_fails_the_job(make_type):
    job = expired_job(type=make_type().slug)
    rescue = Rescue()
    assert (rescue.run(), rescue.run()) == (0, 0)
    time.sleep(LEASE)
    assert rescue.run() == 1
    job.refresh_from_db()
    assert (job.status, job.error_code, job.task_result.status) == (
        "FAILED",
        "worker_lost",
        "FAILURE",
    )


def test_a_lost_attempt_of_a_repeatable_type_waits_again_and_is_published(make_type, redis):
    job = expired_job(type=make_type(max_attempts=2).slug)
    assert rescue_after_a_lease(Rescue()) == 1
    job.refresh_from_db()
    assert (job.status, job.attempt, job.publishes) == ("PENDING", 1, 2)
    assert redis.llen("default") == 1


def test_the_last_attempt_of_a_repeatable_type_fails(make_type):
    job = expired_job(type=make_type(max_attempts=2).slug, attempt=2)
    rescue_after_a_lease(Rescue())
    assert Job.objects.get(id=job.id).status == Status.FAILED


def test_a_lost_attempt_that_was_asked_to_stop_is_cancelled(make_type):
    job = expired_job(type=make_type(max_attempts=2).slug)
    lifecycle.request_cancel(job.id, actor="me")
    rescue_after_a_lease(Rescue())
    assert Job.objects.get(id=job.id).status == Status.CANCELLED


def test_a_lost_attempt_that_is_asked_to_stop_while_it_is_ended_does_not_begin_again(
    make_type, redis
):
    seen = expired_job(type=make_type(max_attempts=2).slug)
    lifecycle.request_cancel(seen.id, actor="me")
    ended = end_attempt(seen, code="worker_lost", message="lost", actor="upkeep")
    assert (ended.status, redis.llen("default")) == (Status.CANCELLED, 0)


def test_a_lease_renewed_between_the_passes_is_left_alone(make_type):
    job = expired_job(type=make_type().slug)
    rescue = Rescue()
    rescue.run()
    time.sleep(LEASE)
    lifecycle.renew_leases({job.id: job.pid}, worker=job.worker)
    assert rescue.run() == 0


def test_after_an_outage_nothing_is_rescued_for_a_lease(make_type):
    expired_job(type=make_type().slug)
    rescue = Rescue()
    rescue.run()
    rescue.forget()
    assert rescue.run() == 0
    time.sleep(LEASE)
    assert rescue.run() == 0, "seen once since the outage"


def live_worker(**fields):
    return Worker.objects.create(id="w1", host="here", pid=1, slots=1, **fields)


def test_a_type_that_no_live_worker_knows_fails_after_ten_leases():
    live_worker(types=["report"], heartbeat_at=timezone.now() + timedelta(minutes=1))
    known, unknown = (
        make_job(),
        make_job(type="gone", created_at=timezone.now() - timedelta(hours=1)),
    )
    duty = GiveUpUnknown()
    assert duty.run() == 0
    time.sleep(10 * LEASE)
    assert duty.run() == 1
    unknown.refresh_from_db()
    assert (unknown.status, unknown.error_code) == ("FAILED", "unknown_type")
    assert Job.objects.get(id=known.id).status == Status.PENDING


def test_without_any_live_worker_no_type_is_unknown(settings):
    settings.JOBS_LEASE_SECONDS = 0
    make_job(type="gone", created_at=timezone.now() - timedelta(hours=1))
    duty = GiveUpUnknown()
    assert (duty.run(), duty.run()) == (0, 0)


def with_old_id(days, **fields):
    moment = timezone.now() - timedelta(days=days)
    old_id = f"{int(moment.timestamp() * 1000):012x}"
    plain = f"{old_id}7{'0' * 3}8{'0' * 15}"
    return make_job(id=UUID(plain), created_at=moment, finished_at=moment, **fields)


def test_prune_removes_settled_jobs_past_their_types_retention_with_all_that_is_theirs(make_type):
    kind = make_type(retention_days=5)
    old = with_old_id(6, type=kind.slug, status=Status.COMPLETED)
    JobLog.objects.create(job=old, attempt=1, seq=1, at=timezone.now(), level="INFO", message="x")
    TaskResult.objects.create(task_id=str(old.id))
    young = with_old_id(4, type=kind.slug, status=Status.COMPLETED)
    active = make_job(type=kind.slug)
    assert prune(dry_run=True).jobs == {kind.slug: {"COMPLETED": 1}}
    assert Job.objects.count() == 3
    assert prune().jobs == {kind.slug: {"COMPLETED": 1}}
    assert set(Job.objects.values_list("id", flat=True)) == {young.id, active.id}
    assert not JobLog.objects.exists()
    assert not TaskResult.objects.exists()


def test_the_prune_command_only_tells_when_asked_to(make_type, capsys):
    kind = make_type(retention_days=1)
    with_old_id(2, type=kind.slug, status=Status.COMPLETED)
    call_command("prune_jobs", "--dry-run")
    assert f"would remove:\n  1 job of type {kind.slug} (1 COMPLETED)\n" in capsys.readouterr().out
    assert Job.objects.count() == 1


def test_a_dead_upkeep_is_told_from_a_living_one():
    assert not UpkeepState.objects.live().exists()
    UpkeepState.objects.create(id=1, host="here", pid=1)
    assert UpkeepState.objects.live().exists()
    UpkeepState.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    assert not UpkeepState.objects.live().exists()
