"""GET /api/v1/jobs/: pages and filters."""

import pytest

from tests.factories import make_job

JOBS = "/api/v1/jobs/"


@pytest.fixture
def viewer(make_client):
    return make_client("jobs.view_job")


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


def test_jobs_that_arrive_meanwhile_shift_no_page(viewer):
    for number in range(4):
        make_job(name=f"{number}")
    first = viewer.get(JOBS, {"page_size": 2}).json()
    make_job(name="late")
    assert names(viewer.get(first["next"]).json()) == ["1", "0"]


@pytest.mark.parametrize("cursor", ["", "x", "é", "W10", "WzEsMl0", "W2ZhbHNlLCJub3BlIl0", "bnVsbA"])
def test_what_is_no_cursor_is_a_400(viewer, cursor):
    answer = viewer.get(JOBS, {"cursor": cursor})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "cursor"


def test_a_page_has_a_largest_size(viewer):
    make_job()
    assert viewer.get(JOBS, {"page_size": 10**8}).status_code == 200
    for bad in ("0", "-1", "x", "1.5", "²"):
        assert viewer.get(JOBS, {"page_size": bad}).status_code == 400


def test_statuses_are_chosen_by_commas_or_repetition(viewer):
    for status in ("PENDING", "PROCESSING", "FAILED"):
        make_job(name=status, status=status)
    assert names(viewer.get(f"{JOBS}?status=PENDING,FAILED").json()) == ["FAILED", "PENDING"]
    assert names(viewer.get(f"{JOBS}?status=PENDING&status=FAILED").json()) == ["FAILED", "PENDING"]


def test_an_unknown_parameter_is_a_400_that_names_the_known_ones(viewer):
    [error] = viewer.get(f"{JOBS}?unknown=1").json()["errors"]
    assert error["parameter"] == "unknown"
    assert "status" in error["detail"]


def test_a_caller_lists_their_own_jobs(client, viewer):
    make_job(name="mine", created_by=client.user)
    make_job(name="other")
    assert names(client.get(JOBS).json()) == ["mine"]
    assert names(viewer.get(JOBS).json()) == ["other", "mine"]
