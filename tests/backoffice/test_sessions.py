"""The lookup of a session: it is the health check of the request's connection to PostgreSQL."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

LIST = "/admin/jobs/job/"

pytestmark = pytest.mark.django_db(transaction=True)


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("sql", ["SET default_transaction_read_only = on", "RESET ALL"])
def test_a_page_is_made_on_a_new_connection_if_the_former_cannot_be_used(admin_client, sql):
    assert admin_client.get(LIST).status_code == 200
    execute(sql)
    before = connection.connection
    connection.close_if_unusable_or_obsolete()  # as Django does between requests
    assert admin_client.get(LIST).status_code == 200
    assert connection.connection is not before


def test_an_expired_session_is_none(admin_client):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert admin_client.get(LIST).status_code == 302


def test_a_deleted_session_is_none(admin_client):
    assert admin_client.get(LIST).status_code == 200
    Session.objects.all().delete()
    assert admin_client.get(LIST).status_code == 302


def test_a_cookie_that_no_session_can_have_is_none(client):
    client.cookies["sessionid"] = "0123456789\0"
    assert client.get(LIST).status_code == 302
