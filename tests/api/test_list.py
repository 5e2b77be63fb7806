"""GET /api/v1/jobs/: pages, order, filters, count."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from jobs.api.http import pagination
from tests.support.factories import make_job, make_user

JOBS = "/api/v1/jobs/"


def names(page):
    return [job["name"] for job in page["results"]]


def test_pages_lead_from_the_newest_job_to_the_oldest_and_back(viewer):
    for number in range(7):
        make_job(name=f"{number}")
    first = viewer.get(JOBS, {"page_size": 3}).json()
    assert names(first) == ["6", "5", "4"]
    assert first["previous"] is None
    second = viewer.get(first["next"]).json()
    assert names(second) == ["3", "2", "1"]
    third = viewer.get(second["next"]).json()
    assert names(third) == ["0"]
    assert third["next"] is None
    assert viewer.get(third["previous"]).json()["results"] == second["results"]
    back = viewer.get(second["previous"]).json()
    assert names(back) == names(first)
    assert back["previous"] is None


def test_new_jobs_shift_no_page(viewer):
    for number in range(4):
        make_job(name=f"{number}")
    first = viewer.get(JOBS, {"page_size": 2}).json()
    make_job(name="late")
    assert names(viewer.get(first["next"]).json()) == ["1", "0"]


@pytest.mark.parametrize(
    "cursor", ["", "x", "é", "W10", "WzEsMl0", "W2ZhbHNlLCJub3BlIl0", "bnVsbA"]
)
def test_an_invalid_cursor_is_a_400(viewer, cursor):
    answer = viewer.get(JOBS, {"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-11-22T10:00:00+17:00", 200),
        ("9999-12-31T23:59:59-23:59", 400),
        ("0001-01-01T00:00:00+23:59", 400),
    ],
)
def test_a_cursor_with_a_moment_that_postgresql_refuses_is_no_failure(viewer, moment, status):
    cursor = (
        urlsafe_b64encode(json.dumps([False, moment, str(uuid4())]).encode()).decode().rstrip("=")
    )
    answer = viewer.get(JOBS, {"cursor": cursor, "ordering": "-finished_at", "active": "false"})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("size", "status"), [(1, 200), (200, 200), (201, 400), (10**8, 400), (10**40, 400)]
)
def test_a_page_has_a_largest_size(viewer, size, status):
    assert viewer.get(JOBS, {"page_size": size}).status_code == status


def test_statuses_are_chosen_by_commas_or_repetition(viewer):
    for status in ("PENDING", "PROCESSING", "FAILED"):
        make_job(name=status, status=status)
    assert names(viewer.get(f"{JOBS}?status=PENDING,FAILED").json()) == ["FAILED", "PENDING"]
    assert names(viewer.get(f"{JOBS}?status=PENDING&status=FAILED").json()) == ["FAILED", "PENDING"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=PENDING,FAILED,CANCELLED", "6 5 4 2 1 0"),
        ("status=PENDING,FAILED,CANCELLED&ordering=id", "0 1 2 4 5 6"),
        ("status=PENDING,FAILED,CANCELLED&created_after=2020-01-01T00:00:00Z", "6 5 4 2 1 0"),
        ("active=false", "6 5 2 1"),
        ("active=true", "7 4 3 0"),
        ("active=true&status=PENDING,FAILED", "4 0"),
        ("active=false&status=PENDING", ""),
        ("status=PENDING,FAILED,CANCELLED&created_by=nobody", ""),
    ],
)
def test_jobs_of_several_statuses_are_one_list(viewer, query, expected):
    for number in range(8):
        make_job(
            name=f"{number}", status=("PENDING", "FAILED", "CANCELLED", "PROCESSING")[number % 4]
        )
    first = f"{JOBS}?page_size=2&{query}"
    seen, page, link = [], None, first
    while link:
        page = viewer.get(link).json()
        seen += names(page)
        link = page["next"]
    assert " ".join(seen) == expected
    while page["previous"]:
        page = viewer.get(page["previous"]).json()
    assert names(page) == seen[:2]


def test_an_unknown_parameter_is_a_400_that_names_the_known_ones(viewer):
    [error] = viewer.get(f"{JOBS}?unknown=1").json()["errors"]
    assert error["parameter"] == "unknown"
    assert "status" in error["detail"]


def test_a_caller_lists_their_own_jobs(client, viewer):
    make_job(name="mine", created_by=client.user)
    make_job(name="other")
    assert names(client.get(JOBS).json()) == ["mine"]
    assert names(viewer.get(JOBS).json()) == ["other", "mine"]


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID = "01a20000-0000-7000-8000-000000000000"


def settled(**fields):
    return {
        "status": "COMPLETED",
        "created_at": NOON,
        "started_at": NOON,
        "finished_at": NOON,
    } | fields


@pytest.mark.parametrize(
    ("query", "match", "other"),
    [
        ("status=FAILED", {"status": "FAILED"}, {}),
        ("active=true", {"status": "PROCESSING"}, {"status": "FAILED"}),
        ("active=false", {"status": "CANCELLED"}, {}),
        ("type=a", {"type": "a"}, {"type": "A"}),
        ("name=Rep", {"name": "Report 1"}, {"name": "report 1"}),
        ("name=%25", {"name": "% done"}, {"name": "x"}),
        ("source=api", {"source": "api"}, {"source": "admin"}),
        ("queue=slow", {"queue": "slow"}, {}),
        (f"batch={ID}", {"batch_id": UUID(ID)}, {}),
        (
            "error_code=time_limit",
            {"status": "FAILED", "error_code": "time_limit"},
            {"status": "FAILED"},
        ),
        (f"id={ID}", {"id": UUID(ID)}, {}),
        (
            "created_after=2026-11-22T12:00:00Z",
            {"created_at": NOON},
            {"created_at": NOON - timedelta(seconds=1)},
        ),
        (
            "created_before=2026-11-22T12:00:01Z",
            {"created_at": NOON},
            {"created_at": NOON + timedelta(seconds=1)},
        ),
        ("started_after=2026-11-22T13:00:00%2B01:00", settled(), {}),
        ("started_before=2026-11-22T12:00:01Z", settled(), {}),
        ("finished_after=2026-11-22T12:00:00Z", settled(), {}),
        ("finished_before=2026-11-22T12:00:01Z", settled(), {}),
    ],
)
def test_a_filter_keeps_what_matches(viewer, query, match, other):
    make_job(**{"name": "match"} | match)
    make_job(**{"name": "other"} | other)
    page = viewer.get(f"{JOBS}?{query}&count=true")
    assert page.status_code == 200, page.content
    assert names(page.json()) == [match.get("name", "match")]
    assert page.json()["count"] == 1


def test_jobs_are_filtered_by_creator_and_by_the_job_they_rerun(viewer):
    ann = make_user(username="ann")
    first = make_job(name="first", created_by=ann)
    make_job(name="again", rerun_of=first)
    assert names(viewer.get(JOBS, {"created_by": "ann"}).json()) == ["first"]
    assert names(viewer.get(JOBS, {"created_by": "bob"}).json()) == []
    assert names(viewer.get(JOBS, {"rerun_of": str(first.id)}).json()) == ["again"]


@pytest.mark.parametrize(
    ("query", "parameter", "says"),
    [
        ("status=PENDING,BOGUS", "status", "CANCELLED"),
        ("status=pending", "status", "PENDING"),
        ("status=", "status", "empty"),
        ("active=yes", "active", "true, false"),
        ("source=API", "source", "api, admin, command"),
        ("type=a&type=b", "type", "once"),
        ("type=%00", "type", "Null"),
        ("name=%00", "name", "Null"),
        (f"name={'x' * 201}", "name", "200"),
        ("batch=x", "batch", "UUID"),
        ("rerun_of=1", "rerun_of", "UUID"),
        (f"id={ID},x", "id", "UUID"),
        (f"id={','.join([ID] * 101)}", "id", "100"),
        ("created_after=99999-01-01", "created_after", "zone"),
        ("created_after=2026-11-22T12:00:00", "created_after", "zone"),
        ("created_after=2026-11-22", "created_after", "zone"),
        ("created_before=0001-01-01T00:00:00%2B10:00", "created_before", "zone"),
        ("finished_before=2026-02-30T12:00:00Z", "finished_before", "zone"),
        ("ordering=password", "ordering", "-finished_at"),
        ("ordering=-finished_at", "ordering", "COMPLETED"),
        ("ordering=-finished_at&status=PENDING,FAILED", "ordering", "COMPLETED"),
        ("count=1", "count", "true or false"),
        ("search=x", "search", "name"),
        ("format=json", "format", "allowed"),
    ],
)
def test_a_bad_value_is_a_400_that_names_what_is_allowed(viewer, query, parameter, says):
    answer = viewer.get(f"{JOBS}?{query}")
    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["parameter"] == parameter
    assert says in error["detail"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ordering=id", ["a", "b", "c"]),
        ("ordering=-id", ["c", "b", "a"]),
        ("ordering=-finished_at&active=false", ["a", "c", "b"]),
        ("ordering=-finished_at&status=COMPLETED,FAILED", ["a", "c", "b"]),
        ("created_after=2020-01-01T00:00:00Z", ["b", "c", "a"]),
    ],
)
def test_every_order_holds_over_the_pages(viewer, query, expected):
    for name, ended, created in (("a", 3, 1), ("b", 1, 3), ("c", 2, 2)):
        times = {
            "finished_at": NOON + timedelta(hours=ended),
            "created_at": NOON + timedelta(hours=created),
        }
        make_job(name=name, status="COMPLETED", **times)
    seen, link = [], f"{JOBS}?page_size=1&{query}"
    while link:
        page = viewer.get(link).json()
        seen += names(page)
        link = page["next"]
    assert seen == expected


def test_jobs_that_ended_at_the_same_moment_are_each_listed_once(viewer):
    for number in range(5):
        make_job(name=f"{number}", status="COMPLETED", finished_at=NOON)
    seen, link = [], f"{JOBS}?page_size=2&ordering=-finished_at&active=false"
    while link:
        page = viewer.get(link).json()
        seen += names(page)
        link = page["next"]
    assert seen == ["4", "3", "2", "1", "0"]


def test_a_zone_far_off_is_understood(viewer):
    make_job(created_at=NOON)
    assert names(viewer.get(f"{JOBS}?created_before=2026-11-23T07:00:00%2B19:28").json()) == []
    assert len(names(viewer.get(f"{JOBS}?created_before=2026-11-23T08:00:00%2B19:00").json())) == 1


def test_counting_stops_at_a_limit(viewer, monkeypatch):
    monkeypatch.setattr(pagination, "COUNT_LIMIT", 2)
    for _ in range(2):
        make_job()
    page = viewer.get(JOBS, {"count": "true"}).json()
    assert (page["count"], page["count_capped"]) == (2, False)
    make_job()
    page = viewer.get(JOBS, {"count": "true", "page_size": 1}).json()
    assert (page["count"], page["count_capped"]) == (2, True)


def test_a_page_costs_the_same_queries_for_few_and_many_jobs(viewer, django_assert_num_queries):
    make_job()
    viewer.get(JOBS)
    with django_assert_num_queries(4):  # the token, two for permissions, the page
        viewer.get(JOBS)
    for _ in range(30):
        make_job(status="PROCESSING", progress_percent=3)
    with django_assert_num_queries(4):
        viewer.get(JOBS)


def test_a_page_asks_once_for_the_params_on_which_rights_depend(
    make_client, make_type, django_assert_num_queries
):
    make_type(slug="picky", permission_for=lambda params: params.get("needs"))
    for needs in ("auth.view_user", "jobs.view_job", "jobs.view_job"):
        make_job(type="picky", status="FAILED", params={"needs": needs})
    make_job(type="picky", params={"needs": "jobs.view_job"})
    caller = make_client("jobs.view_job", "jobs.add_job")
    caller.get(JOBS)
    with django_assert_num_queries(5):  # the token, two for permissions, the page, the params
        results = caller.get(JOBS).json()["results"]
    assert [job["can_rerun"] for job in results] == [False, True, True, False]
