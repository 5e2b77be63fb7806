"""Fixtures of all tests: the broker, cheap passwords, and job types that one test registers."""

from collections.abc import Callable, Iterator

import pytest
from django import forms
from django.conf import settings as all_settings
from django.db import OperationalError, connections
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import settings as hypothesis_settings
from psycopg2.errors import DeadlockDetected

from jobs import registry
from jobs.admin import picture
from jobs.api.http import refusals
from jobs.handler.writer import writer
from jobs.registry import JobType
from tests.support.buckets import bucket, s3_server
from tests.support.queues import broken_redis, redis

__all__ = ["broken_redis", "bucket", "redis", "s3_server"]  # fixtures of all tests

# The same examples at every run, so that a red test stays red. To look for new ones, as long as you
# like: make test ARGS="tests/walk/test_state_machine.py --hypothesis-profile search"
hypothesis_settings.register_profile(
    "steady",
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    max_examples=20,
)
hypothesis_settings.register_profile(
    "search", deadline=None, max_examples=2000, stateful_step_count=80, print_blob=True
)
hypothesis_settings.load_profile("steady")


def pytest_configure() -> None:
    """Pages here do not wait for collected files with hashed names."""
    all_settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )
    all_settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let pytest-django drop the database at the end."""
    yield
    writer.stop()
    connections["worker"].close()
    # Threads of the project, such as the one that answers long polls, end with the process and not
    # before.
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session", autouse=True)
def emptied_beside_workers():
    """Empty the tables again where a worker that many tests share reads them in another order."""
    empty = DatabaseOperations.execute_sql_flush

    def empty_again(operations: DatabaseOperations, statements: list[str]) -> None:
        try:
            empty(operations, statements)
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            empty(operations, statements)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", empty_again)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_refusals_written():
    """Refused requests are counted, but written only by tests that call `counter.write()`."""
    refusals.WRITE_SECONDS = 1_000_000


@pytest.fixture(autouse=True)
def nothing_shared():
    """What pages of the admin share for a moment is of the test before."""
    picture.clear_pictures()


@pytest.fixture(autouse=True)
def cheap_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class NoParams(forms.Form):
    """The form of a type without parameters."""


@pytest.fixture
def make_type() -> Iterator[Callable[..., JobType]]:
    """Register job types for one test: make_type(run, form=..., max_attempts=...)."""
    made: list[str] = []

    def make(run=lambda job, **params: None, **options) -> JobType:
        slug = options.setdefault("slug", f"probe{len(made)}")
        options.setdefault("label", f"Probe {slug}")
        registry.job_type(**{"description": "For a test.", "form": NoParams} | options)(run)
        made.append(slug)
        return registry.get(slug)

    yield make
    for slug in made:
        registry.unregister(slug)


@pytest.fixture
def own_files(settings, tmp_path):
    """A storage of job files without those of other tests; returns its directory."""
    stored = settings.STORAGES["jobs"]
    options = stored["OPTIONS"] | {"location": str(tmp_path / "files")}
    settings.STORAGES = settings.STORAGES | {"jobs": stored | {"OPTIONS": options}}
    return tmp_path / "files"
