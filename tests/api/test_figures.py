"""GET /api/v1/jobs/stats/."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.support.factories import make_job, make_worker

STATS = "/api/v1/jobs/stats/"


def test_figures_cover_the_last_day_of_visible_jobs(client, viewer, django_assert_max_num_queries):
    make_worker(slots=4)
    make_job(created_by=client.user)
    make_job(status="FAILED")
    make_job(created_at=timezone.now() - timedelta(days=2))
    viewer.get(STATS)
    with django_assert_max_num_queries(9):
        body = viewer.get(STATS).json()
    assert body["by_status"]["PENDING"] == 1
    assert body["by_type"] == {"report": {"FAILED": 1, "PENDING": 1}}
    assert body["failures"][0]["error_code"] == "exception"
    assert body["workers"] == {"live": 1, "slots": 4}
    assert body["queues"][0]["waiting"] == 2
    own = client.get(STATS).json()
    assert own["by_status"]["FAILED"] == 0
    assert own["queues"][0]["waiting"] == 1


def test_figures_obey_the_filters_of_the_list(viewer):
    make_job(type="a")
    make_job(type="b")
    assert viewer.get(STATS, {"type": "a"}).json()["by_type"] == {"a": {"PENDING": 1}}


@pytest.mark.django_db(transaction=True)
def test_what_takes_the_database_too_long_is_a_503_that_says_so(viewer):
    viewer.get(STATS)  # notes the use of the token
    other = connection.copy()
    with other.cursor() as blocking, connection.cursor() as own:
        own.execute("SET statement_timeout = 300")
        blocking.execute("BEGIN; LOCK TABLE jobs_job")
        answer = viewer.get(STATS)
        own.execute("RESET statement_timeout")
    other.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "too_slow")
    assert answer["Retry-After"] == "60"
    assert answer.json()["detail"] == (
        "The database stopped the query because it took too long. Ask for less: a shorter period."
    )


@pytest.mark.parametrize(
    "query",
    [
        {"created_after": "2020-01-01T00:00:00Z"},
        {"created_before": "0001-01-01T00:00:00Z"},
        {"created_after": "yesterday"},
        {"ordering": "id"},
    ],
)
def test_what_cannot_be_counted_is_a_400(viewer, query):
    assert viewer.get(STATS, query).status_code == 400
