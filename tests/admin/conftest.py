"""Browsers in which a person of the cast is signed in."""

import pytest
from django.test import Client

from tests.admin.managers import MANAGER, make_group
from tests.support import people
from tests.support.factories import make_user


@pytest.fixture
def viewer(client) -> Client:
    """The browser of a viewer, `viewer.user`."""
    return people.sign_in(client, people.viewer())


@pytest.fixture
def operator(client) -> Client:
    """The browser of an operator, `operator.user`."""
    return people.sign_in(client, people.operator())


@pytest.fixture
def superuser(client) -> Client:
    """The browser of a superuser, `superuser.user`."""
    return people.sign_in(client, people.superuser())


@pytest.fixture
def manager(client) -> Client:
    """The browser of a user who manages accounts by a group's rights, and may see jobs."""
    user = make_user("jobs.view_job", username="manager", password="old-Passw0rd", is_staff=True)
    user.groups.add(make_group("Managers", *MANAGER))
    return people.sign_in(client, user)
