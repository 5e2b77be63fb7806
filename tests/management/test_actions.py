"""The commands that do an action to jobs: what they print, and how they fail."""

from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from jobs.models import Job, Status
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
