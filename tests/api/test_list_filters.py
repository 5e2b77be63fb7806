"""GET /api/v1/jobs/: filters."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.api.pages import JOBS, NOON, names
from tests.support.factories import make_job, make_user

ID = "01a20000-0000-7000-8000-000000000000"


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
        ("source=API", "source", "api, admin, command, code"),
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


def test_a_zone_far_off_is_understood(viewer):
    make_job(created_at=NOON)
    assert names(viewer.get(f"{JOBS}?created_before=2026-11-23T07:00:00%2B19:28").json()) == []
    assert len(names(viewer.get(f"{JOBS}?created_before=2026-11-23T08:00:00%2B19:00").json())) == 1
