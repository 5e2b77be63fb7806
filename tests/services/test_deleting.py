"""Deleting a job while another request changes it or launches it again."""

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from jobs import lifecycle, services
from jobs.models import Job, JobEvent, Status
from tests.support import people
from tests.support.factories import make_job, make_user
from tests.support.people import caller_for
from tests.support.polling import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meanwhile():
    """Start a call in a thread; returns once it waits for this test's transaction."""
    with ThreadPoolExecutor(1) as pool:

        def start(call) -> Future:
            def closing():
                try:
                    return call()
                finally:
                    connection.close()

            future = pool.submit(closing)
            wait_until(one_waits)
            return future

        yield start


def one_waits():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone()[0]


@pytest.fixture
def operator():
    return caller_for(people.operator())


def test_deleting_a_job_that_is_just_being_cancelled_takes_the_event_along(operator, meanwhile):
    job = make_job()
    with transaction.atomic():
        lifecycle.cancel_waiting(job.id, actor="me")
        deleted = meanwhile(lambda: services.delete(operator, job.id))
    deleted.result(10)
    assert not Job.objects.exists()
    assert not JobEvent.objects.exists()


def test_launching_again_what_is_just_being_deleted_finds_no_job(meanwhile, make_type):
    job = make_job(type=make_type().slug, status=Status.COMPLETED)
    launcher = caller_for(make_user("jobs.view_job", "jobs.add_job"))
    with transaction.atomic():
        lifecycle.remove([job.id])
        again = meanwhile(lambda: services.rerun(launcher, job.id).job)
    with pytest.raises(Job.DoesNotExist):
        again.result(10)
    assert not Job.objects.exists()
