"""A connection that breaks while jobs are stored: they are stored once, or nothing is claimed."""

import pytest
from django.db import connection, connections

from jobs import services
from jobs.errors import DatabaseUnavailable, KeyReused, OutcomeUnknown
from jobs.models import Job, JobEvent, Status
from jobs.services import Launch
from tests.database.locks import locked
from tests.support.lost_answers import READY, faulty_proxy, pooler_error
from tests.support.queues import break_queue

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = "INSERT INTO jobs_job ("
END_SESSION = "SELECT pg_terminate_backend(%s)"


def submit_two(caller, kind, key):
    return services.submit_batch(caller, [Launch(type=kind)] * 2, idempotency_key=key)


def submit_one(caller, kind, key):
    return services.submit(caller, type=kind, idempotency_key=key)


@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize(("submit", "count"), [(submit_one, 1), (submit_two, 2)])
def test_jobs_whose_insert_got_no_answer_are_accepted_once(
    caller, make_type, redis, submit, count, key
):
    kind = make_type().slug
    with faulty_proxy("default") as proxy:
        proxy.lose_answer_to(INSERT)
        submitted = submit(caller, kind, key)
    assert proxy.lost == 1
    assert not submitted.replayed
    returned = getattr(submitted, "jobs", None) or [submitted.job]
    assert [job.pk for job in returned] == [job.pk for job in Job.objects.order_by("pk")]
    assert all(job.created_at and job.status == Status.PENDING for job in returned)
    assert Job.objects.count() == JobEvent.objects.count() == redis.llen("default") == count
    if key:
        assert submit(caller, kind, key).replayed
        assert Job.objects.count() == count


def test_a_job_that_runs_alone_is_not_refused_because_of_itself(caller, make_type, redis):
    kind = make_type(unique_while_active=True).slug
    with faulty_proxy("default") as proxy:
        proxy.lose_answer_to(INSERT)
        job = services.submit(caller, type=kind).job
    assert (proxy.lost, Job.objects.get()) == (1, job)


def test_a_connection_that_broke_before_the_insert_is_replaced(make_type, redis):
    kind = make_type().slug
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    with locked(END_SESSION, pid):
        job = services.submit(services.code_caller(), type=kind).job
    assert (Job.objects.get(), redis.llen("default")) == (job, 1)


@pytest.mark.parametrize("state", ["08006", "08P01", "40003", "57P01", "58000", None])
def test_a_pooler_that_lost_its_server_and_keeps_the_connection_refuses_nothing(
    caller, make_type, redis, state
):
    kind = make_type().slug
    with faulty_proxy("default") as proxy:
        proxy.replace_answer_to(INSERT, pooler_error(state) if state else READY + b"I")
        job = services.submit(caller, type=kind).job
    assert proxy.lost == 1
    assert (Job.objects.get(), redis.llen("default")) == (job, 1)


def test_what_postgresql_itself_refuses_is_not_repeated(caller, make_type, redis):
    kind = make_type().slug
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailable):
        services.submit(caller, type=kind)
    connection.close()
    assert not Job.objects.exists()


def submitted_elsewhere(*arguments):
    """Return a function that submits as another web server does, over a working connection."""

    def submit():
        try:
            submit_one(*arguments)
        finally:
            connections.close_all()

    return submit


def test_the_job_that_the_same_key_has_by_now_is_the_answer(caller, make_type, redis):
    kind = make_type().slug
    with faulty_proxy("default") as proxy:
        proxy.break_at(INSERT, submitted_elsewhere(caller, kind, "k"))
        submitted = submit_one(caller, kind, "k")
    assert submitted == (Job.objects.get(), True)


def test_a_key_that_another_request_has_by_now_is_refused(caller, make_type, redis):
    kind, other = make_type().slug, make_type(slug="other").slug
    with faulty_proxy("default") as proxy:
        proxy.break_at(INSERT, submitted_elsewhere(caller, other, "k"))
        with pytest.raises(KeyReused):
            submit_one(caller, kind, "k")
    assert Job.objects.get().type == other


def test_a_job_that_another_one_keeps_out_by_now_is_not_known_to_be_refused(
    caller, make_type, redis
):
    kind = make_type(unique_while_active=True).slug
    with faulty_proxy("default") as proxy:
        proxy.break_at(INSERT, submitted_elsewhere(caller, kind, "other"))
        with pytest.raises(OutcomeUnknown) as unknown:
            submit_one(caller, kind, None)
    assert Job.objects.get().pk != unknown.value.job_id


def submit_unknown(caller, kind):
    """The id that OutcomeUnknown names."""
    with pytest.raises(OutcomeUnknown) as unknown:
        services.submit(caller, type=kind)
    return unknown.value.job_id


def test_two_lost_answers_leave_it_unknown(caller, make_type, redis):
    kind = make_type().slug
    with faulty_proxy("default") as proxy:
        proxy.lose_answer_to(INSERT, times=2)
        named = submit_unknown(caller, kind)
    assert (proxy.lost, Job.objects.get().pk) == (2, named)


def test_a_server_that_is_away_afterwards_leaves_it_unknown(caller, make_type, redis):
    kind = make_type().slug
    with faulty_proxy("default") as proxy:
        Job.objects.exists()
        proxy.lose_answer_to(INSERT)
        proxy.accept_no_more()
        named = submit_unknown(caller, kind)
    assert (proxy.lost, Job.objects.get().pk) == (1, named)


def test_jobs_that_cannot_be_published_after_a_lost_answer_are_not_denied(caller, make_type, redis):
    kind = make_type().slug
    break_queue(redis)
    with faulty_proxy("default") as proxy:
        proxy.lose_answer_to(INSERT)
        named = submit_unknown(caller, kind)
    assert (proxy.lost, Job.objects.get().pk) == (1, named)
