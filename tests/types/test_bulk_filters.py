"""The filters of the bulk job types: those of the API's job list and of the admin's."""

from datetime import timedelta
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.http import QueryDict
from django.utils import timezone
from rest_framework.test import APIClient

from jobs import parameters, registry
from jobs.api.http.filters import ApiFilters
from jobs.errors import InvalidParams
from jobs.filters import JobFilters
from jobs.models import ACTIVE, SETTLED, Job
from jobs.services import CANCEL, DELETE, Targets
from tests.support import people
from tests.support.factories import make_job, make_user

BATCH = UUID(int=5)
EARLIER = timezone.now() - timedelta(days=2)
BULK = ["bulk_cancel", "bulk_delete", "bulk_acknowledge", "bulk_rerun"]


@pytest.fixture
def boss(db):
    return people.viewer(username="boss")


@pytest.fixture(autouse=True)
def every_kind(boss):
    """Make a job of each status, and jobs that differ in the filtered fields."""
    for status in ("PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"):
        make_job(name=f"A {status}", status=status)
        make_job(
            name=f"B {status}",
            status=status,
            type="gone",
            queue="slow",
            batch_id=BATCH,
            source="api",
        )
    parent = make_job(name="Parent", status="COMPLETED", created_by=boss, created_by_name="boss")
    make_job(name="Again", rerun_of=parent, status="COMPLETED")
    earlier = {"created_at": EARLIER, "started_at": EARLIER, "finished_at": EARLIER}
    make_job(name="Old", status="COMPLETED", **earlier)
    make_job(name="Mine", created_by=boss, created_by_name="boss")


def listed(user, query) -> set[str]:
    client = APIClient()
    client.force_authenticate(user)
    answer = client.get(f"/api/v1/jobs/?{query}&page_size=200")
    assert answer.status_code == 200, answer.content
    return {job["name"] for job in answer.json()["results"]}


def reached(user, query) -> set[str]:
    """Return the names of the jobs that bulk jobs with these filters would cancel or delete."""
    names = set()
    for action in (CANCEL, DELETE):
        found = Targets(
            user=user,
            action=action,
            filters=QueryDict(query),
            as_of=timezone.now() + timedelta(1),
        )
        names |= set(found.remaining.values_list("name", flat=True))
    return names


def moment(at) -> str:
    return quote(parameters.moment_text(at))


QUERIES = [
    "status=FAILED,CANCELLED",
    "status=FAILED&status=PENDING",
    "status=PENDING",
    "active=true",
    "active=false",
    "active=false&status=PENDING,FAILED",
    "active=true&status=COMPLETED",
    "type=gone",
    "type=report",
    "type=unknown",
    "name=A",
    "name=A%20F",
    "created_by=boss",
    "created_by=nobody",
    "source=api",
    "queue=slow",
    f"batch={BATCH}",
    "error_code=exception",
    "rerun_of={parent}",
    "rerun_of={unknown}",
    "id={parent}",
    "id={parent},{mine}",
    "id={parent}&id={mine}",
    "{when}_after={recently}",
    "{when}_before={recently}",
    "{when}_after={recently_in_lower_case}",
]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("when", ["created", "started", "finished"])
def test_bulk_jobs_reach_what_the_list_of_the_api_shows(boss, query, when):
    if "{when}" not in query and when != "created":
        return
    at = moment(timezone.now() - timedelta(days=1))
    query = query.format(
        parent=Job.objects.get(name="Parent").id,
        mine=Job.objects.get(name="Mine").id,
        unknown=uuid4(),
        when=when,
        recently=at,
        recently_in_lower_case=at.lower().replace("%3a", "%3A"),
    )
    for user in (boss, make_user()):
        assert reached(user, query) == listed(user, query)
    for slug in BULK:
        permitted = parameters.validate(registry.get(slug), {"filters": query})
        assert permitted["filters"] == query


def test_every_filter_of_the_api_is_known():
    assert set(ApiFilters.base_filters) <= set(JobFilters.base_filters)


@pytest.mark.parametrize(
    "filters",
    [
        "status=BOGUS",
        "status=FAILED,BOGUS",
        "active=maybe",
        "id=x",
        "id=" + ",".join([str(UUID(int=7))] * 101),
        "rerun_of=x",
        "type=a&type=b",
        "name=a&name=b",
        "page_size=10",
        "ordering=-id",
        "created_after=2026-W47-7",
        "created_after=20261122T093000Z",
        "started_before=2026-11",
    ],
)
@pytest.mark.parametrize("slug", BULK)
def test_what_no_list_takes_is_refused(slug, filters):
    with pytest.raises(InvalidParams):
        parameters.validate(registry.get(slug), {"filters": filters})


def test_statuses_are_those_that_filters_leave():
    assert set(JobFilters({"active": "true"}).statuses) == set(ACTIVE)
    filters = JobFilters({"status": "FAILED,PENDING", "active": "false"})
    assert filters.is_valid()
    assert set(filters.statuses) == {"FAILED"} <= set(SETTLED)
