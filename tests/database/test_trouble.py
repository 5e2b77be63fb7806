"""An error of PostgreSQL means the same at every door, and its SQLSTATE decides what."""

import re

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, Error, InternalError, OperationalError, connection, transaction
from django.test import Client

from jobs import database, services
from jobs.database import Trouble, trouble
from jobs.errors import DatabaseUnavailable
from jobs.models import ApiToken, Job, Source
from tests.support import people
from tests.support.factories import make_job
from tests.support.processes import manage

# An anonymous block is the one way to have a healthy server raise any SQLSTATE.
RAISE = "DO $$ BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = '{}'; END $$"
MEANINGS = {
    Trouble.AWAY: [
        "25006",
        "25P03",
        "57P01",
        "57P02",
        "57P03",
        "53100",
        "53200",
        "53300",
        "08006",
        "08P01",
    ],
    Trouble.BUSY: ["55P03", "40P01", "40001"],
    Trouble.TOO_SLOW: ["57014"],
    Trouble.OUTDATED: ["42P01", "42703"],
    Trouble.REFUSED: ["42501"],
    Trouble.BUG: ["22001", "22P02", "23505", "23514", "42601", "25P02", "P0001"],
}
STATES = [(state, meaning) for meaning, states in MEANINGS.items() for state in states]


def raised(state):
    with pytest.raises(Error) as caught, connection.cursor() as cursor:
        cursor.execute(RAISE.format(state))
    return caught.value


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("state", "meaning"), STATES, ids=[state for state, _ in STATES])
def test_the_sqlstate_decides_what_an_error_means(state, meaning):
    error = raised(state)
    assert trouble(error) is meaning
    assert trouble(error.__cause__) is meaning
    assert "raised" in database.explain(error)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("gone"),
        DatabaseError(),
        psycopg2.DatabaseError(),
        psycopg2.InterfaceError(),
    ],
)
def test_a_server_that_says_nothing_is_away(error):
    assert trouble(error) is Trouble.AWAY


@pytest.mark.parametrize(
    "error", [InternalError("odd"), psycopg2.ProgrammingError("odd"), ValueError("odd")]
)
def test_an_error_without_a_sqlstate_that_no_server_raised_is_a_bug(error):
    assert trouble(error) is Trouble.BUG


@pytest.fixture
def refuse_writes(transactional_db):
    """A function that turns the connection's server into a standby, as after a failover."""

    def refuse():
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")

    yield refuse
    connection.close()


def caller():
    return services.Caller(user=None, name="test", source=Source.COMMAND)


def test_a_submission_that_postgresql_refuses_says_why(make_type, refuse_writes):
    make_type(slug="probe")
    refuse_writes()
    with pytest.raises(DatabaseUnavailable) as caught:
        services.submit(caller(), type="probe")
    assert re.search(r"takes no writes: .*read-only transaction", caught.value.diagnosis)
    assert not Job.objects.exists()


@pytest.mark.parametrize("command", ["submit_job", "cancel_job"])
def test_a_command_says_why_postgresql_refuses_and_exits_with_75(command, make_type, refuse_writes):
    arguments = ["--type", make_type().slug] if command == "submit_job" else [str(make_job().id)]
    refuse_writes()
    with pytest.raises(CommandError, match="read-only transaction") as refused:
        call_command(command, *arguments)
    assert refused.value.returncode == 75


def test_reading_with_a_token_works_while_postgresql_takes_no_writes(refuse_writes):
    owner = people.viewer()
    _, token = ApiToken.objects.create(owner, name="never used")
    refuse_writes()
    answer = Client().get("/api/v1/jobs/", headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit_job", "x"],
        ["cancel_job", "0" * 32],
        ["rerun_job", "0" * 32],
        ["acknowledge_job", "0" * 32],
        ["delete_job", "0" * 32],
        ["job_files", "status"],
        ["prune_jobs", "--dry-run"],
        ["worker_alive"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_without_a_database_says_so_without_a_traceback(arguments):
    done = manage(*arguments, DATABASE_URL="postgres://u:p@127.0.0.1:1/name")
    assert done.returncode == 75
    assert "PostgreSQL does not answer, or takes no writes: connection to server" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.django_db(transaction=True)
def test_an_undefined_column_is_a_bug_where_all_migrations_are_applied():
    with pytest.raises(Error) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing_like_it FROM jobs_job")
    assert database.diagnose(caught.value, "default")[0] is Trouble.BUG
