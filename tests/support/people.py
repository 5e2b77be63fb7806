"""The cast of users in all tests: each name stands for one set of rights.

- `stranger`: none, and may not enter the admin. The others may.
- `launcher`: `add_job`. Launches jobs, sees and cancels only their own.
- `viewer`: those of the group Viewers, which are `view_job` and `view_taskresult`.
- `operator`: those of the group Operators, which are a viewer's, `add_job`, `cancel_job`,
  `delete_job`, `hold_job`, `view_jobevent`, `view_apitoken`, `add_apitoken` and `delete_apitoken`.
- `superuser`: all.

docs/admin.md says what each right allows; tests/support/test_people.py compares viewer and operator
with the groups. A test about one right makes a user for it: `make_user("jobs.view_job")`.
"""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Source
from jobs.services import Caller
from tests.support.factories import make_user

VIEWER = ("jobs.view_job", "django_celery_results.view_taskresult")
OPERATOR = (
    *VIEWER,
    *(f"jobs.{verb}_job" for verb in ("add", "cancel", "delete", "hold")),
    "jobs.view_jobevent",
    *(f"jobs.{verb}_apitoken" for verb in ("view", "add", "delete")),
)


def stranger(**fields: Any) -> User:
    """A user without any right, named Stan unless `fields` say otherwise."""
    return make_user(**{"username": "stan"} | fields)


def launcher(**fields: Any) -> User:
    """A user who launches jobs and sees only their own, named Lena."""
    return _staff("lena", "jobs.add_job", **fields)


def viewer(**fields: Any) -> User:
    """A user who sees all jobs and changes none, named Vera."""
    return _staff("vera", *VIEWER, **fields)


def operator(**fields: Any) -> User:
    """A user who launches, cancels and deletes all jobs, and has API tokens, named Olga."""
    return _staff("olga", *OPERATOR, **fields)


def superuser(**fields: Any) -> User:
    """A user who may do everything, named Maria."""
    return _staff("maria", is_superuser=True, **fields)


def _staff(name: str, *permissions: str, **fields: Any) -> User:
    return make_user(*permissions, **{"username": name, "is_staff": True} | fields)


def sign_in(client: Client, user: User) -> Client:
    """The client, signed in as this user, whom it keeps as `client.user`."""
    client.force_login(user)
    client.user = user
    return client


def caller_for(user: User) -> Caller:
    """The user as the API names them to the services."""
    return Caller(user=user, name=user.username, source=Source.API)
