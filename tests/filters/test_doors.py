"""Every filter finds the same jobs in the admin, the API, its count, its figures and bulk jobs."""

import re
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from django.contrib.contenttypes.models import ContentType
from django.http import QueryDict
from django.utils import timezone
from rest_framework.test import APIClient

from jobs import parameters, registry
from jobs.admin.job_list.filters import ListFilters
from jobs.api.http.filters import ApiFilters
from jobs.filters import JobFilters
from jobs.models import ApiToken, Job
from jobs.services import CANCEL, DELETE, Targets
from tests.support.factories import id_of, make_job, make_user

# The list's counts limit a statement's time until their transaction ends.
pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/jobs/job/"
NOW = timezone.now()
BATCH, PARENT, TOKEN = UUID(int=1), id_of(NOW), UUID(int=2)
MATCH, OTHER = id_of(NOW - timedelta(hours=4)), id_of(NOW - timedelta(hours=2))


QUERIES = {
    "q": [
        "up",
        "UP%201",
        "look",
        "lookuperror",
        "ERROR",
        "Worker_Lost",
        "row%2017",
        "erp-imp",
        "boss%20up",
        str(MATCH)[:8],
        "by:boss",
        "status:failed%20up",
        "status:failed%20status:cancelled",
        'type:"Generate%20report"%20queue:slow',
        "error:lookup",
        "source:API%20token:erp-import",
        f"id:{str(MATCH)[:8]}",
    ],
    "status": ["FAILED", "FAILED,CANCELLED", "FAILED&status=PENDING"],
    "active": ["true", "false"],
    "type": ["report"],
    "name": ["Up", "Up%20"],
    "created_by": ["boss", "gone"],
    "token": [TOKEN, "erp-import"],
    "source": ["api"],
    "queue": ["slow"],
    "batch": [BATCH],
    "rerun_of": [PARENT],
    "parent": [PARENT],
    "about": [f"jobs.job:{PARENT}", f"Jobs.Job:{PARENT}"],
    "error": ["lookup", "lookuperror", "Worker_Lost", "row%2017"],
    "error_code": ["worker_lost"],
    "fingerprint": ["0123456789abcdef", "0123456789ABCDEF"],
    "id": [MATCH, f"{MATCH},{OTHER}", f"{MATCH}&id={OTHER}", str(MATCH)[:8]],
    "created_after": ["{3}"],
    "created_before": ["{3}"],
    "started_after": ["{3}"],
    "started_before": ["{3}"],
    "finished_after": ["{3}"],
    "finished_before": ["{3}"],
    "created": ["7d"],
    "ended": ["7d"],
    "mine": ["on"],
    "unseen": ["on"],
    "error_type": ["LookupError"],
}
EACH = [f"{name}={value}" for name, values in QUERIES.items() for value in values]
SEVERAL = [
    "status=FAILED,COMPLETED&active=false&source=api",
    "active=true&status=FAILED",
    "status=PENDING,FAILED&created_after={9}",
    "status=PENDING,COMPLETED&finished_after={9}",
    "type=report&queue=slow&error_code=worker_lost&finished_before={3}",
]


def without_ids(query) -> str:
    """A name of a test that is the same in each process: ids begin with the time."""
    return re.sub(r"\b[0-9a-f]{8}(-[0-9a-f-]{27})?\b", "ID", query)


def timed(query) -> str:
    """`query` with moments for {3}: three hours ago."""
    return re.sub(r"{(\d)}", lambda hours: moment(int(hours[1])), query)


def moment(hours) -> str:
    return quote(parameters.moment_text(NOW - timedelta(hours=hours)))


@pytest.fixture(autouse=True)
def boss():
    """A user who sees all jobs: of the first one, which every filter matches, and of others."""
    boss = make_user("jobs.view_job", username="boss", is_staff=True)
    early, late = NOW - timedelta(hours=4), NOW - timedelta(hours=2)
    own = {"created_by": boss, "created_by_name": "boss"}
    ApiToken.objects.create(boss, name="erp-import", public_id=TOKEN)
    make_job(id=PARENT, name="Parent", type="prune", status="COMPLETED")
    make_job(
        **own,
        id=MATCH,
        name="Up 1",
        status="FAILED",
        queue="slow",
        source="api",
        token_id=TOKEN,
        token_name="erp-import",
        batch_id=BATCH,
        rerun_of_id=PARENT,
        parent_id=PARENT,
        idempotency_key="child 1",
        about_type=ContentType.objects.get_for_model(Job).pk,
        about_key=str(PARENT),
        error_code="worker_lost",
        fingerprint="0123456789abcdef",
        error_type="LookupError",
        error_message="\n  It broke at row 17.\nAnd so on",
        created_at=early,
        started_at=early,
        finished_at=early,
    )
    times = {"created_at": late, "started_at": late, "finished_at": late}
    make_job(id=OTHER, name="Down", type="prune", status="COMPLETED", **times)
    seen = {"acknowledged_at": NOW, "acknowledged_by": "ann"}
    make_job(name="Upper", type="prune", status="FAILED", created_by_name="gone", **seen)
    make_job(name="Waits", type="prune")
    return boss


@pytest.fixture
def owner():
    """A user who sees only their own jobs, which were launched again from the job of another."""
    owner = make_user("jobs.add_job", is_staff=True)
    for status in ("FAILED", "PENDING"):
        make_job(
            created_by=owner, rerun_of_id=PARENT, parent_id=PARENT, status=status, queue="slow"
        )
    return owner


def in_admin(client, user, query) -> set[UUID]:
    client.force_login(user)
    page = client.get(f"{LIST}?{query}", follow=True)
    changes = page.context["cl"]
    found = [job.pk for job in changes.result_list]
    assert not changes.filters.errors
    assert changes.result_count == len(found)
    return set(found)


def in_api(user, query) -> set[UUID]:
    client = APIClient()
    client.force_authenticate(user)
    answer = client.get(f"/api/v1/jobs/?{query}&count=true&page_size=200").json()
    found = [UUID(job["id"]) for job in answer["results"]]
    assert answer["count"] == len(found)
    figures = client.get(f"/api/v1/jobs/stats/?{query}").json()
    assert sum(figures["by_status"].values()) == len(found)
    return set(found)


def in_bulk(user, query) -> set[UUID]:
    """The jobs that the bulk jobs with these filters would cancel or delete."""
    found: set[UUID] = set()
    for action in (CANCEL, DELETE):
        params = parameters.validate(registry.get(action.job_type), {"filters": query})
        filters = QueryDict(params["filters"])
        targets = Targets(user=user, action=action, filters=filters, as_of=timezone.now())
        found |= set(targets.remaining.values_list("id", flat=True))
    return found


def test_every_filter_is_tried():
    assert [*QUERIES] == [*JobFilters.base_filters] == [*ListFilters.base_filters]


@pytest.mark.parametrize("query", [*EACH, *SEVERAL], ids=without_ids)
def test_a_filter_finds_the_same_jobs_through_every_door(client, boss, owner, query):
    query = timed(query)
    for user in (boss, owner):
        found = in_admin(client, user, query)
        assert len(found) < Job.objects.count() or query == "created=7d"
        assert found or user != boss or query == "active=true&status=FAILED"
        assert in_bulk(user, query) == found
        if set(QueryDict(query)) <= set(ApiFilters.base_filters):
            assert in_api(user, query) == found


def test_the_reruns_of_a_job_that_one_may_not_see_are_not_found(client, owner):
    for find in (in_api, in_bulk, lambda *of: in_admin(client, *of)):
        assert find(owner, f"rerun_of={PARENT}") == set()
        assert find(owner, f"parent={PARENT}") == set()
        assert len(find(owner, "queue=slow")) == 2
