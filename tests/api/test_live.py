"""Behaviour that only concurrent requests or a running server show."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.models import ApiToken, Job
from tests.support.processes import Answer, Site, serving

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = "/api/v1/jobs/"


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    with serving(
        tmp_path, ALLOWED_HOSTS="127.0.0.1", HTTPS="false", TRUSTED_PROXY_COUNT="0"
    ) as running:
        yield running


def ask(site: Site, token: str, body: dict | None = None) -> Answer:
    headers = {
        "Host": "127.0.0.1",
        "Authorization": f"Token {token}",
        "Content_Type": "application/json",
    }
    return site.ask(JOBS, "POST" if body else "GET", json.dumps(body) if body else None, **headers)


def test_of_twenty_concurrent_submissions_of_a_unique_type_nineteen_name_the_job(
    site, make_client, redis
):
    token = make_client("jobs.add_job", "jobs.delete_job").token
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(lambda _: ask(site, token, {"name": "x", "type": "prune"}), range(20))
        )
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 19}
    only = str(Job.objects.get().id)
    assert {json.loads(answer.text)["id"] for answer in answers} == {only}


def test_a_token_that_expires_or_is_revoked_is_refused_by_a_server_that_knew_it(site, make_client):
    expiring, revoked = (make_client("jobs.add_job").token for _ in range(2))
    assert [ask(site, token).status for token in (expiring, revoked)] == [200, 200]
    ApiToken.objects.filter(token_key=expiring[:15]).update(
        expiry=timezone.now() - timedelta(seconds=1)
    )
    ApiToken.objects.filter(token_key=revoked[:15]).delete()
    refused = [ask(site, token) for token in (expiring, revoked)]
    assert [answer.status for answer in refused] == [401, 401]
    assert len({json.loads(answer.text)["detail"] for answer in refused}) == 1
