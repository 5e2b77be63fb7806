"""The first jobs of a list, merged from several scans, are those that sorting all of them gives."""

from datetime import timedelta
from itertools import cycle

import pytest
from django.utils import timezone

from jobs import access
from jobs.filters import JobFilters
from jobs.models import SETTLED, Job, Source, Status
from tests.support.factories import make_jobs, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now()
EARLY = (NOW - timedelta(minutes=40)).isoformat()
FILTERS = [
    {},
    {"status": "PENDING"},
    {"status": "FAILED,CANCELLED"},
    {"status": "PENDING,PROCESSING,COMPLETED"},
    {"active": "true"},
    {"active": "true", "status": "FAILED"},
    {"type": "report"},
    {"type": "report", "status": "COMPLETED"},
    {"type": "absent"},
    {"queue": "slow"},
    {"queue": "slow", "active": "false"},
    {"source": "api"},
    {"source": "api", "queue": "slow"},
    {"source": "command", "type": "export", "status": "FAILED,PENDING"},
    {"created_by": "ann"},
    {"created_by": "ann", "status": "COMPLETED,PENDING"},
    {"created_by": "old name"},
    {"created_by": "gone"},
    {"created_by": "nobody"},
    {"created_by": "ann", "type": "report"},
    {"mine": "on"},
    {"mine": "on", "source": "api"},
    {"created_after": EARLY},
    {"created_before": EARLY, "status": "FAILED"},
    {"started_after": EARLY},
    {"started_before": EARLY},
    {"started_before": EARLY, "status": "PENDING,COMPLETED"},
    {"finished_after": EARLY},
    {"finished_after": EARLY, "queue": "slow"},
    {"finished_before": EARLY, "active": "true"},
    {"error_type": "ValueError"},
    {"error_code": "exception", "type": "report"},
    {"unseen": "on", "status": "FAILED,PENDING"},
    {"name": "Job"},
    {"q": "Job", "status": "FAILED,CANCELLED"},
    {"q": "1", "type": "report"},
    {"q": "absent"},
    {"error": "exception"},
    {"created": "today", "status": "FAILED,PENDING"},
    {"ended": "today", "source": "api"},
    {"created_by": "GONE"},
    {"created_by": "ANN"},
    {"bogus": "1"},
]


@pytest.fixture
def reader():
    """Return ann, who sees every job: 90 jobs of hers and of others, of all statuses and types."""
    ann, other = make_user("jobs.view_job", username="ann"), make_user(username="new name")
    creators = cycle([(ann, "ann"), (ann, "anna"), (None, "gone"), (other, "old name"), (None, "")])
    statuses, types, queues = cycle(Status), cycle(["report", "export", "x"]), cycle("ab")
    sources = cycle([Source.API, Source.API, Source.ADMIN, Source.COMMAND])

    def fields_of(number):
        at = NOW - timedelta(minutes=number)
        status, (creator, name) = next(statuses), next(creators)
        fields = {"created_at": at, "status": status, "created_by": creator}
        if status in (*SETTLED, Status.PROCESSING):
            fields["started_at"] = at
        if status in SETTLED:
            fields["finished_at"] = at + timedelta(minutes=number % 7)
        queue = "slow" if next(queues) == "a" else "default"
        return fields | {
            "created_by_name": name,
            "type": next(types),
            "queue": queue,
            "source": next(sources),
        }

    make_jobs(90, fields_of)
    return ann


@pytest.mark.parametrize("sees_all", [True, False])
@pytest.mark.parametrize("order", [("-id",), ("id",), ("-finished_at", "-id")], ids=str)
def test_the_first_jobs_are_those_of_the_whole_list(reader, order, sees_all):
    user = reader if sees_all else make_user("jobs.add_job", username="own")
    if not sees_all:
        Job.objects.filter(created_by=reader).update(created_by=user)
    for query in FILTERS:
        filters = JobFilters(query, access.visible_jobs(user), user=user)
        matching = filters.qs
        if "finished_at" in order[0]:
            matching = matching.filter(finished_at__isnull=False)
        whole = list(matching.order_by(*order).values_list("id", flat=True))
        for limit in (7, 200):
            first = list(filters.first(order, limit).values_list("id", flat=True)[:limit])
            assert first == whole[:limit], query
            counted = filters.first(order, limit, is_sorted=False)[:limit]
            assert counted.count() == len(whole[:limit]), query
            assert {job.id for job in counted} <= set(whole), query
