"""API clients with tokens, an unavailable broker, and running servers."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from jobs import explain
from jobs.api.http.callers import CallerThrottle
from jobs.engine import broker
from jobs.models import ApiToken
from tests.support import people
from tests.support.factories import make_user
from tests.support.processes import serving, started


@pytest.fixture
def make_client(db) -> Callable[..., APIClient]:
    """Make clients with a token.

    make_client("jobs.add_job") makes a user with this permission; `user` is an existing one.
    """

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
    return make_client(user=people.launcher())


@pytest.fixture
def viewer(make_client) -> APIClient:
    """A caller who may see all jobs and change none."""
    return make_client(user=people.viewer())


@pytest.fixture
def quick(make_type, settings):
    """The default job type, which any name that is not a label selects."""
    settings.JOBS_DEFAULT_TYPE = "quick"
    return make_type(slug="quick", label="Quick")


@pytest.fixture
def broker_away():
    """An open circuit breaker, as after a slow failure: every publish fails at once."""
    broker.breaker.open()
    yield
    broker.breaker.reset()


@pytest.fixture(autouse=True)
def full_buckets():
    """Throttling buckets without a counted request."""
    CallerThrottle.buckets.clear()


@pytest.fixture(autouse=True)
def no_recent_explanation():
    """No submission of the last second was explained."""
    explain._recent.clear()


@pytest.fixture
def api_site(transactional_db, tmp_path) -> Iterator[str]:
    """The API's address at a running web server with a worker; no caller is throttled."""
    with running_site(tmp_path) as address:
        yield f"{address}/api/v1"


@contextmanager
def running_site(tmp_path: Path, **more: str) -> Iterator[str]:
    """The address of a running web server with a worker; `more` is added to their environment."""
    environment = {
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "TRUSTED_PROXY_COUNT": "0",
        "FILES_DIR": str(tmp_path / "files"),
        "API_REQUESTS_PER_MINUTE": "1000000",
    } | more
    worker = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"]
    worker += ["--without-heartbeat", "--without-gossip", "--without-mingle"]
    with (
        (tmp_path / "worker.log").open("w") as log,
        serving(tmp_path, **environment) as site,
        started(worker, log=log, **environment, REMAP_SIGTERM="SIGQUIT"),
    ):
        yield f"http://127.0.0.1:{site.port}"
