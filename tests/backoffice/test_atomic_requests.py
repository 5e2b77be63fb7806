"""In a project with ATOMIC_REQUESTS jobs are accepted, refused and shown as in any other."""

import pytest
from django.db import connection
from django.urls import URLResolver, get_resolver

from jobs.models import ApiToken, Job
from tests.support import people

NAMES = ("jobs_job_", "jobs_apitoken_")


def views(resolver, namespaces=()):
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from views(one, (*namespaces, one.namespace))
        elif "jobs_api" in namespaces or (one.name or "").startswith(NAMES):
            yield one


def test_no_page_and_no_address_of_the_api_runs_in_the_transaction_of_its_request():
    found = [one for one in views(get_resolver()) if one.name != "docs"]
    assert len(found) > 50
    in_one = [one.name for one in found if not hasattr(one.callback, "_non_atomic_requests")]
    assert in_one == []


@pytest.mark.django_db(transaction=True)
def test_a_submission_without_redis_is_refused_and_leaves_no_job(client, broken_redis, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    _, token = ApiToken.objects.create(people.launcher(), name="test")
    body, headers = {"name": "Generate report"}, {"Authorization": f"Token {token}"}
    answer = client.post("/api/v1/jobs/", body, "application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "broker_unavailable")
    assert not Job.objects.exists()
