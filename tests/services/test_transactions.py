"""Submitting inside the caller's transaction: one commit for both, and the publish after it."""

import json
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from jobs import services
from jobs.errors import AlreadyActive, BrokerUnavailable, DatabaseUnavailable
from jobs.models import Job, JobEvent, Source
from tests.support import people
from tests.support.lost_answers import faulty_proxy
from tests.support.people import caller_for
from tests.support.queues import break_queue

pytestmark = pytest.mark.django_db(transaction=True)
CODE = services.code_caller(name="nightly import")


def published(redis):
    return [json.loads(one)["headers"]["id"] for one in redis.lrange("default", 0, -1)]


@contextmanager
def rolled_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_the_job_is_published_when_the_transaction_commits_and_not_before(make_type, redis):
    with transaction.atomic():
        job = services.submit(CODE, type=make_type().slug).job
        Group.objects.create(name="Globex")
        assert published(redis) == []
    assert published(redis) == [str(job.id)]
    job = Job.objects.get()
    assert (job.source, job.created_by_name, job.publishes) == (Source.CODE, "nightly import", 1)


def test_a_rollback_leaves_no_row_no_event_and_no_message(make_type, redis):
    with rolled_back():
        services.submit(CODE, type=make_type().slug)
        services.submit_batch(CODE, [services.Launch(type=make_type().slug)] * 3)
    assert published(redis) == []
    assert not Job.objects.exists()
    assert not JobEvent.objects.exists()


def test_only_what_was_not_rolled_back_to_a_savepoint_is_published(make_type, redis):
    with transaction.atomic():
        kept = services.submit(CODE, type=make_type().slug).job
        with rolled_back():
            services.submit(CODE, type=make_type().slug)
    assert published(redis) == [str(kept.id)]
    assert Job.objects.get().id == kept.id


@contextmanager
def without_autocommit():
    transaction.set_autocommit(False)
    try:
        yield
    finally:
        transaction.set_autocommit(True)


def test_without_autocommit_it_is_published_once_autocommit_is_on_again(make_type, redis):
    with without_autocommit():
        services.submit(CODE, type=make_type().slug)
        transaction.rollback()
        kept = services.submit(CODE, type=make_type().slug).job
        transaction.commit()
        assert published(redis) == []
    assert published(redis) == [str(kept.id)]
    assert Job.objects.get() == kept


def test_without_autocommit_a_broken_connection_leaves_nothing_of_the_transaction(make_type, redis):
    kind = make_type().slug
    with faulty_proxy("default") as proxy, without_autocommit():
        Group.objects.create(name="Globex")
        proxy.lose_answer_to("INSERT INTO jobs_job (")
        with pytest.raises(DatabaseUnavailable):
            services.submit(CODE, type=kind)
        connection.close()
    assert proxy.lost == 1
    assert not Group.objects.filter(name="Globex").exists()
    assert not Job.objects.exists()
    assert published(redis) == []


def test_a_broker_that_refuses_at_the_commit_leaves_the_job_to_upkeep(make_type, redis, caplog):
    with transaction.atomic():
        services.submit(CODE, type=make_type().slug)
        break_queue(redis)
    assert Job.objects.get().status == "PENDING"
    assert "1 job not published yet; upkeep does it" in caplog.text


def test_outside_of_a_transaction_the_same_call_refuses(make_type, broken_redis):
    with pytest.raises(BrokerUnavailable):
        services.submit(CODE, type=make_type().slug)
    assert not Job.objects.exists()


def test_a_refused_job_leaves_the_transaction_of_the_caller_usable(make_type, redis):
    kind = make_type(unique_while_active=True)
    with transaction.atomic():
        first = services.submit(CODE, type=kind.slug).job
        with pytest.raises(AlreadyActive):
            services.submit(CODE, type=kind.slug)
        Group.objects.create(name="Globex")
    assert published(redis) == [str(first.id)]
    assert Group.objects.filter(name="Globex").exists()


def test_a_repeated_key_replays_within_and_across_transactions(make_type, redis):
    caller = caller_for(people.launcher())
    submission = {"type": make_type().slug, "idempotency_key": "order 7"}
    with transaction.atomic():
        first = services.submit(caller, **submission)
        second = services.submit(caller, **submission)
    with transaction.atomic():
        third = services.submit(caller, **submission)
        assert third.replayed
    assert {first.job.id, second.job.id, third.job.id} == {Job.objects.get().id}
    assert set(published(redis)) == {str(first.job.id)}


def test_other_actions_are_part_of_the_transaction_too(make_type, redis):
    job = services.submit(CODE, type=make_type().slug).job
    with rolled_back():
        services.cancel(CODE, job.id)
    assert Job.objects.get().status == "PENDING"
