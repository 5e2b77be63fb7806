"""The commands that do an action to jobs: what they print, and how they fail."""

from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from jobs import lifecycle
from jobs.engine import broker
from jobs.errors import BrokerUnavailable, OutcomeUnknown
from jobs.models import Job, Status
from tests.database.locks import locked_row
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db


def run(command, *arguments):
    """Run the command; return the lines that it prints."""
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def test_cancel_job_cancels_waiting_jobs_and_asks_running_ones_to_stop():
    waiting, running = make_job(), make_job(status=Status.PROCESSING)
    assert run("cancel_job", waiting.id, running.id, "--reason", "not needed") == [
        f"{waiting.id} CANCELLED",
        f"{running.id} PROCESSING, asked to stop",
    ]
    waiting.refresh_from_db()
    assert waiting.cancel_reason == "not needed"


def test_cancel_job_reaches_the_waiting_children_if_asked():
    parent = make_job(status=Status.PROCESSING)
    child = make_job(parent=parent, idempotency_key="child 1")
    run("cancel_job", parent.id, "--children")
    child.refresh_from_db()
    assert child.status == Status.CANCELLED


def test_acknowledge_job_keeps_the_note():
    job = make_job(status=Status.FAILED)
    assert run("acknowledge_job", job.id, "--note", "known") == [f"{job.id} FAILED, acknowledged"]
    job.refresh_from_db()
    assert job.acknowledged_note == "known"


def test_rerun_job_prints_the_id_of_the_new_job(make_type):
    job = make_job(type=make_type().slug, status=Status.FAILED)
    [line] = run("rerun_job", job.id)
    new = Job.objects.get(rerun_of=job)
    assert line == f"{job.id} launched again as {new.id}"


def test_delete_job_deletes_settled_jobs_and_refuses_active_ones():
    done, waiting = make_job(status=Status.COMPLETED), make_job()
    assert run("delete_job", done.id) == [f"{done.id} deleted"]
    with pytest.raises(CommandError, match=f"{waiting.id}: The job is pending; only settled"):
        run("delete_job", waiting.id)
    assert list(Job.objects.all()) == [waiting]


def test_one_refused_job_does_not_keep_the_others_from_it():
    done, failed = make_job(status=Status.COMPLETED), make_job(status=Status.FAILED)
    with pytest.raises(CommandError) as refused:
        run("acknowledge_job", done.id, UUID(int=1), failed.id)
    assert str(refused.value).splitlines() == [
        f"{done.id}: There is no failure to acknowledge, or it was acknowledged before.",
        f"{UUID(int=1)}: There is no such job.",
    ]
    failed.refresh_from_db()
    assert failed.acknowledged_at is not None


def failing(command, *arguments):
    """Run a command that fails; return the lines that it prints, those of its error, its code."""
    out = StringIO()
    with pytest.raises(CommandError) as failed:
        call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue().splitlines(), str(failed.value).splitlines(), failed.value.returncode


def failed_jobs(make_type, count):
    slug = make_type().slug
    return [make_job(type=slug, status=Status.FAILED) for _ in range(count)]


@pytest.mark.django_db(transaction=True)
def test_rerun_job_names_the_jobs_that_redis_did_not_take(make_type, redis, monkeypatch):
    first, second, third = failed_jobs(make_type, 3)
    waiting, publish = make_job(), broker.publish

    def fail_for_the_second(jobs):
        if jobs[0].rerun_of_id == second.id:
            raise BrokerUnavailable("Redis is away")
        publish(jobs)

    monkeypatch.setattr(broker, "publish", fail_for_the_second)
    ids = [first.id, waiting.id, second.id, third.id]
    printed, error, code = failing("rerun_job", *ids)
    new = [Job.objects.get(rerun_of=job) for job in (first, third)]
    assert printed == [
        f"{first.id} launched again as {new[0].id}",
        f"{third.id} launched again as {new[1].id}",
    ]
    assert error == [
        f"{waiting.id}: The job is pending; only settled jobs run again.",
        f"{second.id}: Redis is away",
        f"Repeat the command for these only: {second.id}",
    ]
    assert code == 1
    assert not Job.objects.filter(rerun_of=second).exists()


@pytest.mark.django_db(transaction=True)
def test_rerun_job_may_be_repeated_whole_if_redis_took_nothing(make_type, broken_redis):
    jobs = failed_jobs(make_type, 2)
    printed, error, code = failing("rerun_job", *[job.id for job in jobs])
    assert (printed, code) == ([], 75)
    assert [line.split(":")[0] for line in error[:-1]] == [str(job.id) for job in jobs]
    assert error[-1].startswith("Nothing ")
    assert Job.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_rerun_job_does_not_advise_to_repeat_what_may_have_been_accepted(
    make_type, redis, monkeypatch
):
    unknown, left = failed_jobs(make_type, 2)

    def fail(jobs):
        raise BrokerUnavailable("Redis is away")

    def lose_postgresql(ids):
        job = Job.objects.get(id=ids[0])
        if job.rerun_of_id == unknown.id:
            raise OutcomeUnknown(job.id)
        return withdraw(ids)

    withdraw = lifecycle.withdraw
    monkeypatch.setattr(broker, "publish", fail)
    monkeypatch.setattr(lifecycle, "withdraw", lose_postgresql)
    printed, error, code = failing("rerun_job", unknown.id, left.id)
    new = Job.objects.get(rerun_of=unknown)
    assert (printed, code) == ([], 1)
    assert f"It is not known whether job {new.id} was accepted" in error[0]
    assert error[1:] == [
        f"{left.id}: Redis is away",
        f"Repeat the command for these only: {left.id}",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_locked_job_does_not_keep_the_others_from_it():
    done, held, other = (
        make_job(status=status) for status in (Status.COMPLETED, Status.FAILED, Status.FAILED)
    )
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    try:
        with locked_row(held):
            both = failing("acknowledge_job", done.id, held.id, other.id)
            alone = failing("acknowledge_job", held.id)
    finally:
        connection.close()
    printed, error, code = both
    assert (printed, code) == ([f"{other.id} FAILED, acknowledged"], 1)
    assert error[0].startswith(f"{done.id}: There is no failure to acknowledge")
    assert error[1].startswith(f"{held.id}: PostgreSQL cancelled the statement: a lock")
    assert error[2] == f"Repeat the command for these only: {held.id}"
    assert alone[2] == 75
    assert run("acknowledge_job", held.id) == [f"{held.id} FAILED, acknowledged"]
