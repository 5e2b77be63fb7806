"""GET /api/v1/jobs/: pages, order, count, queries."""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from uuid import uuid4

import pytest

from jobs.api.http import pagination
from tests.api.pages import JOBS, NOON, names
from tests.support.factories import make_job


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


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ordering=id", ["a", "c", "b"]),
        ("ordering=-id", ["b", "c", "a"]),
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
