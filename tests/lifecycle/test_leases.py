"""Leases are renewed within the page of the row, because no index has them (HOT updates)."""

import pytest
from django.db import connection, transaction

from jobs import lifecycle
from jobs.models import Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)


def hot_updates() -> int:
    """Return how many of this transaction's updates of jobs touched no index."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_xact_tuples_hot_updated('jobs_job'::regclass)")
        return cursor.fetchone()[0]


def test_renewing_a_lease_touches_no_index():
    job = make_job(status=Status.PROCESSING)
    with transaction.atomic():
        assert lifecycle.renew_leases({job.id: job.pid}, worker=job.worker) == {job.id}
        assert hot_updates() == 1
