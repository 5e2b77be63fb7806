"""A locked row holds up its own job alone, and does not make its worker seem lost."""

import os
import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from jobs import lifecycle, services
from jobs.engine.upkeep import Upkeep
from jobs.engine.upkeep.republish import PUBLISHES_LIMIT, Republish
from jobs.engine.upkeep.rescue import Rescue
from jobs.engine.upkeep.unknown import GiveUpUnknown
from jobs.engine.worker.agent import Agent
from jobs.engine.worker.state import CrashedAttempt, WorkerState
from jobs.models import Job, Source, Status, UpkeepState
from tests.database.locks import locked, locked_row
from tests.support.factories import make_job, make_worker

# Workers and upkeep speak over a connection of their own, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LEASE = 0.4
AT_ONCE_SECONDS = 2.5  # half of what a statement waits for a lock


@pytest.fixture(autouse=True)
def short_leases(settings):
    settings.JOBS_LEASE_SECONDS = LEASE


def running(seconds=-1.0, **fields):
    """A job whose lease ends in `seconds`."""
    until = timezone.now() + timedelta(seconds=seconds)
    return make_job(status=Status.PROCESSING, lease_until=until, **fields)


def test_the_leases_of_the_neighbours_of_a_locked_job_are_renewed_at_once():
    held, *others = [running(worker="w", pid=number) for number in range(1, 6)]
    holders = {job.id: job.pid for job in [held, *others]}
    started = time.monotonic()
    with locked_row(held):
        assert lifecycle.renew_leases(holders, worker="w") == {job.id for job in others}
    assert time.monotonic() - started < AT_ONCE_SECONDS
    assert lifecycle.renew_leases(holders, worker="w") == set(holders)


def test_the_agent_renews_a_lease_as_soon_as_its_row_is_free(monkeypatch, settings):
    settings.JOBS_LEASE_SECONDS, settings.JOBS_HEARTBEAT_SECONDS = 60, 20
    worker = WorkerState()
    held, other = (running(60, worker=worker.id, pid=number) for number in (1, 2))
    monkeypatch.setattr(worker.running, "holders", lambda: {held.id: 1, other.id: 2})
    thread = Agent(worker, 2, ["default"])
    before = {job.id: job.lease_until for job in (held, other)}
    with locked_row(held):
        thread.poll()
        assert Job.objects.get(id=other.id).lease_until > before[other.id]
        assert Job.objects.get(id=held.id).lease_until == before[held.id]
    thread.poll()  # long before the next heartbeat
    assert Job.objects.get(id=held.id).lease_until > before[held.id]


def test_a_job_that_was_locked_past_its_lease_is_not_lost_but_gets_a_lease_to_be_renewed_in(
    make_type,
):
    job, lost = running(type=make_type().slug), running(type=make_type().slug)
    rescue = Rescue()
    assert rescue.run() == 0, "both are seen once"
    with locked_row(job):
        time.sleep(LEASE)
        assert rescue.run() == 1, "its neighbour is lost"
    assert rescue.run() == 0
    assert Job.objects.get(id=job.id).status == Status.PROCESSING
    assert Job.objects.get(id=lost.id).status == Status.FAILED
    time.sleep(LEASE)
    assert rescue.run() == 1, "nobody renewed it"


def test_a_locked_job_is_neither_settled_nor_released_by_those_who_saw_its_lease_end():
    job = running()
    with locked_row(job):
        seen = {"attempt": job.attempt, "actor": "upkeep", "lease_until": job.lease_until}
        assert lifecycle.settle(job.id, lifecycle.failed("worker_lost", "x"), **seen) is None
        assert lifecycle.release(job.id, reason="x", **seen) is None


def test_a_locked_job_is_not_published_again_and_its_neighbours_are(redis):
    held, other = (make_job(published_at=timezone.now() - timedelta(minutes=1)) for _ in range(2))
    republish = Republish()
    republish.run()
    started = time.monotonic()
    with locked_row(held):
        assert republish.run() == 1
    assert time.monotonic() - started < AT_ONCE_SECONDS
    assert Job.objects.get(id=other.id).publishes == 2


def test_jobs_beside_a_locked_one_are_given_up(redis):
    old = {"publishes": PUBLISHES_LIMIT, "published_at": timezone.now() - timedelta(days=1)}
    held, other = (make_job(**old) for _ in range(2))
    republish = Republish()
    republish.run()
    with locked_row(held):
        republish.run()
    assert Job.objects.get(id=held.id).status == Status.PENDING
    assert Job.objects.get(id=other.id).error_code == "not_taken"


def test_jobs_of_an_unknown_type_beside_a_locked_one_are_failed(settings):
    settings.JOBS_LEASE_SECONDS = 0.05
    make_worker(heartbeat_at=timezone.now() + timedelta(hours=1))
    held, other = (
        make_job(type="gone", created_at=timezone.now() - timedelta(hours=1)) for _ in range(2)
    )
    duty = GiveUpUnknown()
    duty.run()
    time.sleep(0.6)
    with locked_row(held):
        duty.run()
    assert Job.objects.get(id=held.id).status == Status.PENDING
    assert Job.objects.get(id=other.id).error_code == "unknown_type"


def test_the_agent_ends_the_neighbours_of_a_locked_lost_attempt(make_type):
    slug = make_type().slug
    pids = (2**22 + 1, 2**22 + 2)  # no process has such a number
    worker = WorkerState()
    held, other = (running(60, type=slug, worker=worker.id, pid=pid) for pid in pids)
    thread = Agent(worker, 2, ["default"])
    thread.crashes.add(*(CrashedAttempt(job.id, job.pid, "x" * 2000) for job in (held, other)))
    started = time.monotonic()
    with locked_row(held):
        thread.poll()
    assert time.monotonic() - started < AT_ONCE_SECONDS
    assert Job.objects.get(id=other.id).error_code == "worker_lost"
    assert Job.objects.get(id=held.id).status == Status.PROCESSING
    thread.poll()
    assert Job.objects.get(id=held.id).error_code == "worker_lost"


@pytest.mark.parametrize("table", ["jobs_job", "jobs_upkeepstate"])
def test_a_locked_table_is_no_outage_for_upkeep(table, make_type):
    upkeep = Upkeep()
    upkeep.once()
    seen = running(type=make_type().slug)
    upkeep._rescue.run()
    remembered = dict(upkeep._rescue._seen)
    assert {job_id for job_id, *_ in remembered} == {seen.id}
    for duty in upkeep._duties:
        duty.due_at = 0.0
    with connections["worker"].cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    with locked(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"):
        upkeep.once()
    connections["worker"].close()
    assert upkeep._rescue._quiet_until == 0.0
    if table == "jobs_job":
        assert upkeep._rescue._seen == remembered
        assert UpkeepState.objects.get().pid == os.getpid()


def test_a_statement_that_postgresql_gives_up_keeps_no_other_duty_from_its_turn():
    upkeep, done = Upkeep(), []
    upkeep.once()

    def take_long():
        with connections["worker"].cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '50ms'; SELECT pg_sleep(30)")

    upkeep._duties[0].run = take_long
    upkeep._duties[-1].run = lambda: done.append("last")
    for duty in upkeep._duties:
        duty.due_at = 0.0
    upkeep.once()
    assert done == ["last"]
    assert upkeep._rescue._quiet_until == 0.0


def test_a_bulk_action_reports_a_locked_job_and_reaches_the_others():
    jobs = [running(60) for _ in range(3)]
    caller = services.Caller(user=None, name="test", source=Source.COMMAND)
    with connections["default"].cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    with locked_row(jobs[1]):
        rows = [
            *services.apply_action(
                services.CANCEL, caller, [job.id for job in jobs], "", timezone.now()
            )
        ]
    connections["default"].close()
    assert [row.outcome for row in rows] == ["asked to stop", "failed", "asked to stop"]
    assert "another change is in progress" in rows[1].detail
