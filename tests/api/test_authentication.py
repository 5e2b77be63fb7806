"""Tokens: which are accepted, and that the answer does not say why one is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jobs.models import ApiToken

JOBS = "/api/v1/jobs/"


def assert_refused(answer):
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api", Token realm="api"'
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Token",
        "Token x",
        "Token a b",
        "Token \xff\xfe",
        "Token é",
        "Token \0",
        f"Token {'0' * 100_000}",
        "Bearer x",
        "Bearer",
        "Bearer a b",
        "Basic eDp5",
    ],
)
def test_what_is_no_token_is_refused(db, header):
    assert_refused(APIClient(HTTP_AUTHORIZATION=header).get(JOBS))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Token", "token", "TOKEN"])
def test_a_token_is_taken_by_either_scheme_in_any_case(client, scheme):
    assert APIClient(HTTP_AUTHORIZATION=f"{scheme} {client.token}").get(JOBS).status_code == 200
    assert APIClient(HTTP_AUTHORIZATION=f"{scheme}  {client.token}").get(JOBS).status_code == 200


def test_a_token_is_not_taken_by_another_scheme(client):
    for header in (f"Basic {client.token}", f"Tokens {client.token}", client.token):
        assert_refused(APIClient(HTTP_AUTHORIZATION=header).get(JOBS))


def test_a_token_in_the_query_is_no_token(client):
    assert_refused(APIClient().get(JOBS, {"token": client.token}))


def test_an_expired_token_is_refused_and_stays_listed(client):
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert_refused(client.get(JOBS))
    assert ApiToken.objects.count() == 1


def test_a_revoked_token_is_refused(client):
    ApiToken.objects.all().delete()
    assert_refused(client.get(JOBS))


def test_the_token_of_a_deactivated_user_is_refused(client):
    client.user.is_active = False
    client.user.save()
    assert_refused(client.get(JOBS))


def test_the_last_use_is_noted_once_a_minute(client, django_assert_num_queries):
    client.get(JOBS)
    noted = ApiToken.objects.get().last_used_at
    assert timezone.now() - noted < timedelta(seconds=10)
    client.get(JOBS)
    assert ApiToken.objects.get().last_used_at == noted
    ApiToken.objects.update(last_used_at=noted - timedelta(seconds=61))
    client.get(JOBS)
    assert ApiToken.objects.get().last_used_at > noted


def test_a_session_needs_csrf_to_change_anything(client):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(client.user)
    assert browser.get(JOBS).status_code == 200
    refused = browser.post(JOBS, {"name": "x"}, format="json")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
