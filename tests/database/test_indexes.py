"""Every index of the table of jobs serves a query."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from jobs import lifecycle, stats
from jobs.engine.upkeep.republish import OVERTAKEN
from jobs.models import Job, Status
from tests.filters.test_plans import queries, rare
from tests.support.factories import make_job

__all__ = ["rare"]
pytestmark = pytest.mark.django_db(transaction=True)


def scans() -> dict[str, int]:
    """Return how often each index of jobs_job was read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT indexrelname, idx_scan FROM pg_stat_user_indexes WHERE relname = 'jobs_job'"
        )
        return dict(cursor.fetchall())


def test_no_index_is_without_a_query(client, rare):
    before = scans()
    read_lists(client, rare)
    read_figures()
    look_for_lost_messages()
    remove_a_job()
    after = scans()
    unused = {name for name in after if after[name] == before[name]}
    assert unused <= RULES
    assert len(after) <= AT_MOST


# May only fall; 14 is the aim. Those of tokens, children and objects are written for jobs that a
# token or a handler submitted, or that are about an object, and for no others; that of parked jobs
# is empty without holds and limits.
AT_MOST = 18
# Unique indexes that keep a rule; PostgreSQL reads them when it writes.
RULES = {"jobs_job_one_active_of_its_kind", "jobs_job_one_per_idempotency_key"}


def read_lists(client, before) -> None:
    for name, values in queries(before).items():
        for value in values:
            assert client.get(f"/admin/jobs/job/?{name}={value}", follow=True).status_code == 200
    more = ("type=prune&status=FAILED", "mine=on&status=FAILED", "status=PROCESSING")
    for query in (*more, "created_by=gone"):
        assert client.get(f"/admin/jobs/job/?{query}").status_code == 200


def read_figures() -> None:
    stats.settled_by_hour(Job.objects.all())
    days = [timezone.now() - timedelta(days=7), timezone.now()]
    failures = Job.objects.exclude(fingerprint="")
    stats.failure_groups(Job.objects.all(), failures, days, limit=8)
    stats.usual_durations(["prune"])
    stats.waiting_by_queue(Job.objects.all())
    stats.loads()


def look_for_lost_messages() -> None:
    values = {"queue": "slow", "known": None, "mixed": [], "first": 10}
    with connection.cursor() as cursor:
        cursor.execute(OVERTAKEN, values)


def remove_a_job() -> None:
    job = make_job(id=UUID(int=1 << 100), status=Status.COMPLETED)
    assert lifecycle.remove([job.id]) == []
