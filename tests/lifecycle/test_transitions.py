"""The transition table, kept by every function that changes a status."""

import itertools
import json
import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django_celery_results.models import TaskResult
from uuid_utils.compat import uuid7

from backoffice.celery import app
from jobs import lifecycle
from jobs.errors import InvalidTransition
from jobs.lifecycle import NEXT, Outcome, failed, statement
from jobs.models import SETTLED, Job, Source, Status
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db

COMPLETED = Outcome(status=Status.COMPLETED, result={"rows": 3})
FAILED = failed("exception", "it broke", type="ValueError")
CANCELLED = Outcome(status=Status.CANCELLED)

# Every function that moves an existing job: from which status, to which, and how it is called.
MOVES = {
    "claim": (
        Status.PENDING,
        Status.PROCESSING,
        lambda job: lifecycle.claim(job.id, types=[job.type], worker="w9", pid=9),
    ),
    "cancel_waiting": (
        Status.PENDING,
        Status.CANCELLED,
        lambda job: lifecycle.cancel_waiting(job.id, actor="ann"),
    ),
} | {
    f"settle as {outcome.status}": (
        Status.PROCESSING,
        outcome.status,
        lambda job, outcome=outcome: lifecycle.settle(
            job.id, outcome, attempt=job.attempt, actor="w1"
        ),
    )
    for outcome in (COMPLETED, FAILED, CANCELLED)
}


@pytest.mark.parametrize(("move", "status"), list(itertools.product(MOVES, Status)))
def test_a_job_moves_only_from_the_status_the_function_is_for(move, status):
    before, after, call = MOVES[move]
    job = make_job(status=status)
    moved = call(job)
    stored = Job.objects.get(id=job.id)
    if status == before:
        assert moved.status == stored.status == after
        assert stored.version == job.version + 1
        assert [(event.from_status, event.to_status) for event in job.events.all()] == [
            (before, after)
        ]
    else:
        assert moved is None
        assert stored.status == status
        assert not job.events.exists()


@pytest.mark.parametrize(("before", "after"), list(itertools.product(Status, Status)))
def test_a_move_outside_the_table_is_refused(before, after):
    if after in NEXT[before]:
        return
    with pytest.raises(InvalidTransition):
        statement.move(make_job().id, before, after, set="", values={}, actor="x", using="default")


def test_final_statuses_have_no_next():
    assert {status for status in Status if not NEXT[status]} == set(SETTLED)


def test_the_document_has_the_same_table():
    text = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text()
    rows = re.findall(r"^\| (PENDING|PROCESSING) \| ([A-Z]+) \|", text, re.MULTILINE)
    assert set(rows) == {(before.value, after.value) for before in Status for after in NEXT[before]}


def test_a_submission_writes_job_and_event_in_one_statement(django_assert_num_queries):
    user = make_user()
    new = Job(
        name="A",
        type="report",
        params={"a": 1},
        created_by=user,
        created_by_name="ann",
        source="api",
    )
    with django_assert_num_queries(1):
        [job] = lifecycle.insert([new], actor="ann")
    job = Job.objects.get(id=new.id)
    assert (job.status, job.params, job.created_by, job.source) == (
        "PENDING",
        {"a": 1},
        user,
        Source.API,
    )
    assert [(e.from_status, e.to_status, e.actor, e.at) for e in job.events.all()] == [
        ("", "PENDING", "ann", job.created_at)
    ]


def test_an_inserted_job_is_returned_with_every_column_as_it_is_stored():
    rows = [
        Job(
            name=str(number) * 300,
            type="report",
            params={"long": -0.0, "b": [1.50], "a": None},
            created_by=make_user(),
            source="api",
            token_id=uuid7(),
            batch_id=uuid7(),
        )
        for number in range(2)
    ]
    columns = [field.attname for field in Job._meta.concrete_fields]
    returned = [
        {name: vars(job)[name] for name in columns} for job in lifecycle.insert(rows, actor="ann")
    ]
    stored = list(Job.objects.order_by("id").values(*columns))
    assert returned == stored
    assert json.dumps(returned, default=str) == json.dumps(stored, default=str)


def test_a_claim_takes_only_types_the_worker_knows():
    job = make_job(type="new_type")
    assert lifecycle.claim(job.id, types=["report"], worker="w1", pid=1) is None
    assert Job.objects.get(id=job.id).status == Status.PENDING


def test_an_attempt_that_lost_its_job_cannot_settle_it():
    job = make_job(status=Status.PROCESSING, attempt=2)
    assert lifecycle.settle(job.id, COMPLETED, attempt=1, actor="w1") is None
    assert Job.objects.get(id=job.id).status == Status.PROCESSING


@pytest.mark.parametrize(
    ("outcome", "state"), [(COMPLETED, "SUCCESS"), (FAILED, "FAILURE"), (CANCELLED, "REVOKED")]
)
def test_the_task_result_agrees_with_the_job(outcome, state):
    job = lifecycle.settle(make_job(status=Status.PROCESSING).id, outcome, attempt=1, actor="w1")
    result = TaskResult.objects.get(task_id=str(job.id))
    assert Job.objects.get(id=job.id).task_result == result
    assert (result.status, result.date_done, result.worker) == (state, job.finished_at, job.worker)


def test_celery_reads_our_task_results_as_its_own():
    done = lifecycle.settle(make_job(status=Status.PROCESSING).id, COMPLETED, attempt=1, actor="w1")
    broken = lifecycle.settle(make_job(status=Status.PROCESSING).id, FAILED, attempt=1, actor="w1")
    assert app.AsyncResult(str(done.id)).get(timeout=1) == {"rows": 3}
    with pytest.raises(Exception, match="it broke"):
        app.AsyncResult(str(broken.id)).get(timeout=1)


def test_a_job_published_again_is_not_withdrawn():
    once, twice = make_job(), make_job()
    assert lifecycle.republish([twice.id])
    assert (lifecycle.withdraw([twice.id]), lifecycle.withdraw([once.id])) == (False, True)
    assert list(Job.objects.values_list("id", flat=True)) == [twice.id]


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"status": "DONE"}, "jobs_job_status_known"),
        ({"progress_percent": 101}, "jobs_job_progress_is_percent"),
        ({"status": "COMPLETED", "finished_at": None}, "jobs_job_finished_when_settled"),
        ({"status": "PROCESSING", "worker": ""}, "jobs_job_processing_has_owner"),
        ({"status": "FAILED", "error_code": ""}, "jobs_job_failed_has_error"),
    ],
)
def test_postgresql_refuses_a_row_that_cannot_be(fields, constraint):
    status = fields.get("status")
    job = make_job(status=status if status in Status.values else Status.PENDING)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Job.objects.filter(id=job.id).update(**fields)


def test_times_are_postgresqls():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [before] = cursor.fetchone()
    job = lifecycle.claim(make_job().id, types=["report"], worker="w1", pid=1)
    assert job.started_at > before
    assert job.lease_until > job.started_at
