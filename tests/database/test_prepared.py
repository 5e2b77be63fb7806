"""Frequent statements are prepared once for each connection, and work where they cannot be."""

import pytest
from django.db import connections, transaction

from jobs import lifecycle
from jobs.lifecycle import Outcome
from jobs.models import Job, Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture
def worker():
    """The worker's connection, as a new process has it."""
    connection = connections["worker"]
    connection.close()
    connection.can_prepare = True
    yield connection
    connection.close()
    connection.can_prepare = True


def run(count: int = 1) -> None:
    """Claim and settle jobs."""
    for _ in range(count):
        job = make_job()
        claimed = lifecycle.claim(job.id, types=["report"], worker="w1", pid=1, using="worker")
        assert claimed.params == job.params
        outcome = Outcome(status=Status.COMPLETED, result={"rows": 3})
        assert lifecycle.settle(job.id, outcome, attempt=1, actor="w1", using="worker")
        assert Job.objects.get(id=job.id).result == {"rows": 3}


def prepared(connection) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements ORDER BY name DESC")
        return [name.rsplit("_", 1)[0] for (name,) in cursor.fetchall()]


BOTH = ["jobs_processing_completed", "jobs_pending_processing"]


def test_a_connection_prepares_each_statement_once_and_again_after_it_was_replaced(worker):
    run(2)
    assert prepared(worker) == BOTH
    worker.close()
    run()
    assert prepared(worker) == BOTH


def test_nothing_is_prepared_where_the_setting_is_off(worker):
    worker.can_prepare = False
    run()
    assert prepared(worker) == []


@pytest.mark.parametrize("loss", ["DEALLOCATE ALL", "PREPARE {} AS SELECT 1"])
def test_a_session_that_a_pooler_changed_costs_a_warning_and_no_job(worker, loss, caplog):
    run()
    names = list(worker.prepared)
    with worker.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        if "{}" in loss:
            worker.prepared.clear()
            for name in names:
                cursor.execute(loss.format(name))
    run(2)
    assert caplog.text.count("set PREPARED_STATEMENTS=0") == 1
    assert not worker.can_prepare


def test_a_lost_statement_in_a_transaction_is_an_outage_and_the_next_try_works(worker):
    run()
    with worker.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    job = make_job()
    claim = {"types": ["report"], "worker": "w1", "pid": 1, "using": "worker"}
    with pytest.raises(Exception, match="does not exist"), transaction.atomic(using="worker"):
        lifecycle.claim(job.id, **claim)
    assert lifecycle.claim(job.id, **claim)


def test_a_plan_is_made_again_after_a_while_because_the_table_grows(worker, monkeypatch):
    make_job()
    with worker.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
    run(10)
    assert "Seq Scan on jobs_job " in plan_of_claim(worker)
    with worker.cursor() as cursor:
        cursor.execute(ROWS)
    run()
    assert "Seq Scan on jobs_job " in plan_of_claim(worker), "PostgreSQL keeps its plan"
    with monkeypatch.context() as later:
        later.setattr("jobs.database.prepared.PLAN_SECONDS", 0.0)
        run()
    run(6)  # of which it plans the first five each for itself
    plan = plan_of_claim(worker)
    assert "Seq Scan on jobs_job " not in plan
    assert "(id = $" in plan


ROWS = """INSERT INTO jobs_job (id, name, type, params, queue, created_by_name, source, request_id,
        request_hash)
    SELECT gen_random_uuid(), 'x', 'report', '{}', 'default', '', 'api', '', ''
    FROM generate_series(1, 1000)"""


def plan_of_claim(connection) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, cardinality(parameter_types) FROM pg_prepared_statements"
            " WHERE name LIKE %s",
            [f"{BOTH[1]}%"],
        )
        [(name, count)] = cursor.fetchall()
        cursor.execute(f"EXPLAIN EXECUTE {name} ({', '.join(['NULL'] * count)})")
        return "\n".join(line for (line,) in cursor.fetchall())
