"""Frequent statements are prepared once for each connection, and work where they cannot be."""

from contextlib import contextmanager
from itertools import count

import psycopg2
import pytest
from django.db import connection as web
from django.db import connections, transaction
from django.db.utils import OperationalError

from jobs import lifecycle, services
from jobs.database import PreparedStatement, StatementLost
from jobs.lifecycle import Outcome
from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job
from tests.support.people import caller_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture
def worker():
    """The worker's connection, as a new process has it."""
    connection = connections["worker"]
    connection.close()
    connection.prepare_numbers = count(1)
    yield connection
    connection.close()


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
        return [name.rsplit("_", 2)[0] for (name,) in cursor.fetchall()]


BOTH = ["jobs_processing_completed", "jobs_pending_processing"]


def test_a_connection_prepares_each_statement_once_and_again_after_it_was_replaced(worker):
    run(2)
    assert prepared(worker) == BOTH
    worker.close()
    run()
    assert prepared(worker) == BOTH


def test_nothing_is_prepared_where_the_setting_is_off(worker, monkeypatch):
    monkeypatch.setitem(worker.settings_dict["OPTIONS"], "prepared_statements", False)
    run()
    assert prepared(worker) == []


@pytest.mark.parametrize("loss", ["DEALLOCATE ALL", "PREPARE {} AS SELECT 1"])
def test_a_session_that_a_pooler_changed_costs_a_warning_and_no_job(worker, loss, caplog):
    run()
    names = [name for name, _ in worker.prepared.values()]
    with worker.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        if "{}" in loss:
            worker.prepared.clear()
            worker.prepare_numbers = count(1)
            for name in names:
                cursor.execute(loss.format(name))
    run(2)
    assert caplog.text.count("set PREPARED_STATEMENTS=0") == 1
    assert not worker.can_prepare
    worker.close()
    run()
    assert prepared(worker) == BOTH, "A new connection prepares again"


def test_a_lost_statement_in_a_transaction_is_an_outage_and_the_next_try_works(worker):
    run()
    with worker.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    job = make_job()
    claim = {"types": ["report"], "worker": "w1", "pid": 1, "using": "worker"}
    with pytest.raises(StatementLost, match="does not exist"), transaction.atomic(using="worker"):
        lifecycle.claim(job.id, **claim)
    assert lifecycle.claim(job.id, **claim)


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
def test_a_failed_prepare_keeps_the_former_statement(worker, limit, monkeypatch):
    statement = PreparedStatement(
        "counted", "SELECT count(*) FROM jobs_job WHERE id = %(id)s", {"id": "uuid"}
    )
    values = {"id": "00000000-0000-0000-0000-000000000000"}
    statement.rows(values, using="worker")
    with worker.cursor() as cursor:
        cursor.execute(f"SET {limit} = '200ms'")
    monkeypatch.setattr("jobs.database.prepared.PLAN_SECONDS", 0.0)
    with locked_jobs(), pytest.raises(OperationalError, match=limit.replace("_", " ")):
        statement.rows(values, using="worker")
    for seconds in (60.0, 0.0):  # executes the former statement; then prepares a new one
        monkeypatch.setattr("jobs.database.prepared.PLAN_SECONDS", seconds)
        with transaction.atomic(using="worker"):
            assert statement.rows(values, using="worker") == [(0,)]
    assert worker.can_prepare
    assert prepared(worker) == ["counted"]


@contextmanager
def locked_jobs():
    """Let another session hold the table of jobs."""
    names = ("dbname", "user", "password", "host", "port")
    params = web.get_connection_params()
    other = psycopg2.connect(**{name: params[name] for name in names if name in params})
    try:
        other.cursor().execute("LOCK TABLE jobs_job IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        other.close()


LOSSES = {
    "unknown": ("DEALLOCATE ALL", "SELECT 1"),
    "changed": (
        "ALTER TABLE jobs_job ALTER COLUMN created_at TYPE timestamptz(3)",
        "ALTER TABLE jobs_job ALTER COLUMN created_at TYPE timestamptz",
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_submission_with_a_lost_statement_is_stored_once(
    loss, make_type, redis, monkeypatch, caplog
):
    monkeypatch.setitem(web.settings_dict["OPTIONS"], "prepared_statements", True)
    web.close()
    lose, repair = LOSSES[loss]
    caller, kind = caller_for(people.launcher()), make_type().slug
    services.submit(caller, type=kind)
    assert prepared(web) == ["jobs_submit"]
    with web.cursor() as cursor:
        cursor.execute(lose)
    try:
        services.submit(caller, type=kind)
    finally:
        with web.cursor() as cursor:
            cursor.execute(repair)
        web.close()
    assert Job.objects.count() == 2
    assert "sends its statements as a whole" in caplog.text
    assert ("pooler" in caplog.text) == (loss == "unknown")


def test_versions_of_a_statement_have_names_of_their_own(worker):
    for number in (1, 2):
        statement = PreparedStatement("same", f"SELECT {number}, %(x)s", {"x": "integer"})
        assert statement.rows({"x": 7}, using="worker") == [(number, 7)]
    names = list(worker.prepared)
    assert len(names) == 2
    assert all(name.startswith("same_") for name in names)


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
