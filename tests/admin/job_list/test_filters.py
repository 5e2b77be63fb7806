"""Filters, order and search of the job list."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.utils import timezone

from jobs.models import Job, Source, Status
from tests.support import people
from tests.support.factories import make_job, make_user

# The list's counts limit a statement's time until their transaction ends: a test must not be that
# transaction.
pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/jobs/job/"


def names(client, **query):
    page = client.get(LIST, query)
    assert page.status_code == 200
    return [job.name for job in page.context["cl"].result_list]


def test_waiting_jobs_come_oldest_first_and_others_newest_first(viewer):
    for number in range(3):
        make_job(name=f"waiting {number}")
        make_job(name=f"done {number}", status=Status.COMPLETED)
    assert names(viewer, status="PENDING") == ["waiting 0", "waiting 1", "waiting 2"]
    assert names(viewer, status="COMPLETED") == ["done 2", "done 1", "done 0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "Sales"}, "Sales report"),
        ({"q": "worker_lost"}, "Lost"),
        ({"error_code": "worker_lost"}, "Lost"),
        ({"error_type": "KeyError"}, "Broken"),
        ({"source": "api"}, "From afar"),
        ({"queue": "slow"}, "Slow one"),
    ],
)
def test_a_filter_leaves_the_jobs_it_names(viewer, query, found):
    make_job(name="Sales report")
    make_job(name="Lost", status=Status.FAILED, error_code="worker_lost", error_type="")
    make_job(name="Broken", status=Status.FAILED, error_type="KeyError")
    make_job(name="From afar", source=Source.API)
    make_job(name="Slow one", queue="slow")
    assert names(viewer, **query) == [found]


@pytest.mark.parametrize(
    "moment",
    ["2026-01-01T00:00:00+20:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x"],
)
def test_a_moment_of_any_zone_is_filtered_by_or_refused(viewer, moment):
    assert names(viewer, created_after=moment) == []


def test_mine_leaves_the_jobs_of_the_user(viewer):
    make_job(name="theirs", created_by=make_user())
    make_job(name="mine", created_by=viewer.user)
    assert names(viewer, mine="on") == ["mine"]


def test_the_range_of_creation_counts_from_and_excludes_until(viewer):
    now = timezone.now().replace(microsecond=0)
    for hours in (1, 2, 3):
        make_job(name=f"{hours} h", created_at=now - timedelta(hours=hours))
    start, end = now - timedelta(hours=2), now - timedelta(hours=1)
    assert names(viewer, created_after=start.isoformat(), created_before=end.isoformat()) == ["2 h"]


def test_acknowledged_failures_leave_the_list_of_those_that_are_not(viewer):
    make_job(name="seen", status=Status.FAILED, acknowledged_at=timezone.now())
    make_job(name="unseen", status=Status.FAILED)
    assert names(viewer, unseen="on") == ["unseen"]


def test_a_pasted_id_leads_to_its_job(viewer):
    job = make_job()
    assert viewer.get(LIST, {"q": f" {job.pk} "}).headers["Location"] == f"{LIST}{job.pk}/change/"
    assert names(viewer, q=str(uuid4())) == []


@pytest.mark.parametrize(
    "query",
    [
        {"bogus": "1"},
        {"status": "BOGUS"},
        {"created_after": "99999-01-01"},
        {"params__contains": "x"},
        {"created_by__password__startswith": "p"},
        {"q": "x\x00"},
        {"q": "word " * 500},
        {"batch": "x"},
    ],
)
def test_a_filter_that_is_not_understood_hides_every_job_and_says_so(viewer, query):
    make_job()
    page = viewer.get(LIST, query)
    assert list(page.context["cl"].result_list) == []
    assert b"A filter is invalid" in page.content
    assert b'<a class="button" href="?">Clear the filters</a>' in page.content


def test_a_type_that_no_longer_exists_is_a_choice(viewer):
    make_job(name="old", type="gone")
    page = viewer.get(LIST, {"type": "gone"})
    assert [job.name for job in page.context["cl"].result_list] == ["old"]
    assert b'<option value="gone" selected>' in page.content


def test_the_filter_that_hides_most_is_named(viewer):
    for number in range(3):
        make_job(name=f"Stock {number}", queue="slow" if number else "default")
    query = {"q": "stock", "queue": "fast", "source": "command", "created": "today"}
    hint = viewer.get(LIST, query).context["cl"].hint()
    assert (hint.label, hint.count) == ("Queue: fast", "3")
    assert viewer.get(f"{LIST}{hint.query}").context["cl"].result_count == 3
    assert viewer.get(LIST, {"queue": "fast"}).context["cl"].hint() is None
    assert viewer.get(LIST, {"queue": "fast", "source": "api"}).context["cl"].hint() is None


def test_filters_typed_into_the_search_replace_those_of_the_address(viewer):
    answer = viewer.get(LIST, {"q": "stock by:me status:failed", "status": "PENDING", "p": 3})
    query = QueryDict(answer.headers["Location"].partition("?")[2])
    name = viewer.user.get_username()
    assert dict(query.items()) == {"q": "stock", "status": "FAILED", "created_by": name}


def test_the_empty_list_tells_nothing_yet_from_nothing_that_matches(viewer):
    assert b"No jobs yet" in viewer.get(LIST).content
    assert b"No job matches the filters" in viewer.get(LIST, {"source": "api"}).content


def test_those_who_may_only_launch_see_only_their_own_jobs(client):
    launcher = people.launcher()
    client.force_login(launcher)
    make_job(name="theirs")
    mine = make_job(name="mine", created_by=launcher)
    assert names(client) == ["mine"]
    ids = ",".join(str(job.pk) for job in Job.objects.all())
    shown = client.get(f"{LIST}live/", {"ids": ids}).json()["rows"]
    assert list(shown) == [mine.pk.hex]
