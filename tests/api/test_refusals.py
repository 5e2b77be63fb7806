"""Refused requests are counted for their token, outside of the request."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.api.http.refusals import counter
from jobs.models import ApiToken, TokenRefusal
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

JOBS = "/api/v1/jobs/"


@pytest.fixture(autouse=True)
def nothing_counted():
    """No refusal of an earlier test is left."""
    counter.write()
    TokenRefusal.objects.all().delete()


def counted():
    counter.write()
    return {one.reason: one.count for one in TokenRefusal.objects.all()}


def test_refused_requests_are_counted_by_reason(client, quick):
    for _ in range(2):
        client.post(JOBS, {"name": ""}, format="json")
    client.get(JOBS, {"nonsense": "1"})
    client.get(JOBS)
    assert counted() == {"invalid": 2, "invalid_query": 1}
    client.get(JOBS, {"nonsense": "1"})
    assert counted() == {"invalid": 2, "invalid_query": 2}


def test_a_token_that_expired_or_whose_account_is_deactivated_is_counted(make_client):
    expired, closed = make_client(), make_client()
    ApiToken.objects.filter(user=expired.user).update(expiry=timezone.now() - timedelta(days=1))
    closed.user.is_active = False
    closed.user.save()
    assert [one.get(JOBS).status_code for one in (expired, closed)] == [401, 401]
    assert counted() == {"expired": 1, "deactivated": 1}


@pytest.mark.parametrize("header", ["Token " + "a" * 64, "Token", "Bearer \xff", ""])
def test_a_request_without_a_known_token_writes_nothing(header):
    assert APIClient(HTTP_AUTHORIZATION=header).get(JOBS).status_code == 401
    assert counted() == {}


def test_requests_of_a_session_are_not_counted():
    session = APIClient()
    session.force_login(make_user())
    assert session.get(JOBS, {"nonsense": "1"}).status_code == 400
    assert counted() == {}


def test_a_refused_request_makes_no_query_more(client, django_assert_num_queries):
    client.get(JOBS)
    with django_assert_num_queries(3):  # the token, and the rights of its account
        assert client.get(JOBS, {"nonsense": "1"}).status_code == 400


def test_counts_of_a_revoked_token_are_dropped_and_old_ones_forgotten(client, make_client):
    token = ApiToken.objects.get(user=client.user)
    old = timezone.localdate() - timedelta(days=31)
    TokenRefusal.objects.create(token=token, day=old, reason="invalid", count=1)
    revoked = make_client()
    for one in (client, revoked):
        one.get(JOBS, {"nonsense": "1"})
    ApiToken.objects.filter(user=revoked.user).delete()
    assert counted() == {"invalid_query": 1}
    token.delete()
    assert not TokenRefusal.objects.exists()
