"""The token's lookup is the health check of a request's connection to PostgreSQL."""

import pytest
from django.db import connection

JOBS = "/api/v1/jobs/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True, params=[True, False], ids=["prepared", "not prepared"])
def prepares(request, monkeypatch):
    """Whether the connection prepares statements, as in the web server, or may not."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "prepared_statements", request.param)
    yield request.param
    connection.close()


def end_session():
    """Let PostgreSQL end the session of this thread's connection."""
    other = connection.copy()
    with connection.cursor() as cursor, other.cursor() as ending:
        cursor.execute("SELECT pg_backend_pid()")
        ending.execute("SELECT pg_terminate_backend(%s, 5000)", cursor.fetchone())
    other.close()


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize(
    "break_connection",
    [
        end_session,
        lambda: execute("SET default_transaction_read_only = on"),
        lambda: execute("RESET ALL"),
    ],
    ids=["ended", "read-only", "limits lost"],
)
def test_a_request_on_an_unusable_connection_is_answered_on_a_new_one(client, break_connection):
    assert client.get(JOBS).status_code == 200
    break_connection()
    before = connection.connection
    connection.close_if_unusable_or_obsolete()  # as Django does between requests
    assert client.post(JOBS, {"type": "report"}, format="json").status_code == 201
    assert connection.connection is not before
    kept = connection.connection
    connection.close_if_unusable_or_obsolete()
    assert client.get(JOBS).status_code == 200
    assert connection.connection is kept


def test_an_invalid_token_is_refused_on_a_new_connection_as_well(client):
    end_session()
    connection.close_if_unusable_or_obsolete()
    client.credentials(HTTP_AUTHORIZATION="Token " + "0" * 64)
    assert client.get(JOBS).status_code == 401


def test_a_lookup_whose_statement_is_lost_is_sent_as_a_whole(client, prepares):
    assert client.get(JOBS).status_code == 200
    kept = connection.connection
    execute("DEALLOCATE ALL")
    assert client.get(JOBS).status_code == 200
    assert connection.connection is kept
    assert not connection.can_prepare


def test_the_lookup_is_prepared_once(client, prepares):
    for _ in range(3):
        assert client.get(JOBS).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'jobs_first%'")
        assert cursor.fetchone() == (1 if prepares else 0,)
