"""Browsers in which a person of the cast is signed in."""

import pytest
from django.test import Client

from tests.support import people


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
