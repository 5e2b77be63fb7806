"""Callers of the API with their tokens, and what the broker may do to them."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from jobs.api.throttling import CallerThrottle
from jobs.engine import publishing
from jobs.models import ApiToken
from tests.factories import make_user


@pytest.fixture
def make_client(db) -> Callable[..., APIClient]:
    """Clients with a token: make_client("jobs.add_job") is a new user with that right; user=... an existing one."""

    def make(*permissions: str, user=None) -> APIClient:
        owner = user or make_user(*permissions)
        _, token = ApiToken.objects.create(owner, name="test")
        client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
        client.user = owner
        client.token = token
        return client

    return make


@pytest.fixture
def client(make_client) -> APIClient:
    """A caller who may submit jobs and see their own."""
    return make_client("jobs.add_job")


@pytest.fixture
def viewer(make_client) -> APIClient:
    """A caller who may see all jobs and change none."""
    return make_client("jobs.view_job")


@pytest.fixture
def quick(make_type, settings):
    """The job type of names that are no label."""
    settings.JOBS_DEFAULT_TYPE = "quick"
    return make_type(slug="quick", label="Quick")


@pytest.fixture
def broker_away():
    """The breaker stands open, as after two failures: every publish is refused at once."""
    for _ in range(publishing.FAILURES_BEFORE_OPEN):
        publishing.breaker._failed()
    yield
    publishing.breaker.__init__()


@pytest.fixture(autouse=True)
def full_buckets():
    """Nobody has asked anything yet."""
    CallerThrottle.buckets.clear()
