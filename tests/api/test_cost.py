"""The statements and messages of a submission, and the request id that the job stores."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job

JOBS = "/api/v1/jobs/"

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_a_submission_is_one_statement_that_commits_and_one_message(client, redis, headers):
    client.get(JOBS)  # notes the use of the token
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(JOBS, {"name": "a"}, format="json", headers=headers)
    assert answer.status_code == 201
    statements = [query["sql"].split()[0] for query in captured.captured_queries]
    writing = [query["sql"] for query in captured.captured_queries if "INSERT" in query["sql"]]
    assert len(writing) == 1
    assert "INSERT INTO jobs_job " in writing[0]
    assert "INSERT INTO jobs_jobevent " in writing[0]
    assert not {"BEGIN", "COMMIT", "UPDATE", "DELETE", "SAVEPOINT"} & set(statements)
    assert redis.llen("default") == 1


def test_a_submission_costs_the_same_queries_each_time(client, redis):
    costs = []
    for number in range(3):
        with CaptureQueriesContext(connection) as captured:
            client.post(JOBS, {"name": f"{number}"}, format="json")
        costs.append(len(captured))
    assert costs[1] == costs[2] <= 9


def test_submissions_of_the_same_second_share_the_figures_that_explain_them(client, redis):
    client.get(JOBS)
    costs, explanations = [], []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(JOBS, {"name": "a"}, format="json")
        costs.append(len(captured))
        explanations.append(answer.json()["explanation"])
    assert costs[1] < costs[0]
    assert explanations[0] == explanations[1]
    [first] = client.get(JOBS, {"ordering": "id", "page_size": 1}).json()["results"]
    assert client.get(first["url"]).json()["explanation"]


def test_a_batch_of_any_size_is_one_insert(client, redis):
    client.get(JOBS)
    with CaptureQueriesContext(connection) as captured:
        client.post(f"{JOBS}batch/", {"jobs": [{"name": "a"}] * 50}, format="json")
    assert len([query for query in captured.captured_queries if "INSERT" in query["sql"]]) == 1
    assert redis.llen("default") == 50


def test_the_job_stores_the_request_id(client, redis):
    answer = client.post(JOBS, {"name": "a"}, format="json", headers={"X-Request-ID": "order-4711"})
    assert answer["X-Request-ID"] == "order-4711"
    assert Job.objects.get().request_id == "order-4711"
