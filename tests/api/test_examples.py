"""The examples in the OpenAPI document have the fields and types of real answers.

To update them: UPDATE_EXAMPLES=1 python -m pytest tests/api/test_examples.py
"""

import json
import os
import time

import pytest

from jobs.api.docs import api_document
from jobs.api.http.callers import CallerThrottle
from jobs.api.schema import examples
from jobs.engine import broker
from tests.support.factories import make_job, make_worker

JOBS = "/api/v1/jobs/"


@pytest.fixture
def answers(make_client, settings):
    """Real answers by operation and status, as in examples.json."""
    client = make_client("jobs.add_job", "jobs.cancel_job")
    client.user.username = "billing-system"
    client.user.save()
    make_worker()
    taken = {}

    def take(name, status, answer):
        assert answer.status_code == status, answer.content
        taken[f"{name} {status}"] = answer.json()

    submitted = client.post(JOBS, {"name": "Generate report"}, format="json")
    take("submit_job", 201, submitted)
    job = submitted.json()["id"]
    take("get_job", 200, client.get(f"{JOBS}{job}/"))
    take("list_jobs", 200, client.get(f"{JOBS}?count=true"))
    take(
        "submit_batch",
        201,
        client.post(f"{JOBS}batch/", {"jobs": [{"name": "Generate report"}]}, format="json"),
    )
    take("job_stats", 200, client.get(f"{JOBS}stats/"))
    take("read_log", 200, client.get(f"{JOBS}{job}/logs/"))
    take("list_events", 200, client.get(f"{JOBS}{job}/events/"))
    take(
        "cancel_job",
        200,
        client.post(f"{JOBS}{job}/cancel/", {"reason": "wrong month"}, format="json"),
    )
    take(
        "problem", 400, client.post(JOBS, {"name": "a", "params": {"format": "pdf"}}, format="json")
    )
    take("problem", 404, client.get(f"{JOBS}{make_job().id}/"))
    done = make_job(created_by=client.user, status="COMPLETED")
    take("problem", 409, client.post(f"{JOBS}{done.id}/cancel/"))
    taken["problem 503"] = _broker_away(client)
    settings.API_REQUESTS_PER_MINUTE = 1
    return taken | {"problem 429": _too_often(client)}


def _broker_away(client):
    broker.breaker.open()
    answer = client.post(JOBS, {"name": "Generate report"}, format="json")
    broker.breaker.reset()
    assert answer.status_code == 503
    return answer.json()


def _too_often(client):
    CallerThrottle.buckets[client.user.pk] = (0, time.monotonic())
    return client.get(JOBS).json()


def shape(value):
    """The types in a value; a list is represented by its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_every_example_is_an_answer(answers):
    if os.environ.get("UPDATE_EXAMPLES"):
        text = json.dumps(answers, indent=2, ensure_ascii=False).replace(
            "http://testserver", "https://your.host"
        )
        examples.PATH.write_text(text + "\n")
    assert {name: shape(one) for name, one in answers.items()} == {
        name: shape(one) for name, one in json.loads(examples.PATH.read_text()).items()
    }


def test_the_document_shows_the_examples():
    document = api_document(None)
    answer = document["paths"][JOBS]["post"]["responses"]["201"]["content"]["application/json"]
    [example] = answer["examples"].values()
    assert example["value"]["name"] == "Generate report"
