"""A file, and a browser that downloads it from the API or from the admin."""

import pytest
from django.test import Client

from tests.download.files import CONTENT, address_of, stored
from tests.support import people


@pytest.fixture(params=["api", "admin"])
def ask(request, db):
    """Request a file from the API and the admin, in a session; gives status, headers, body."""
    browser = Client()
    browser.force_login(people.viewer())

    def ask(file, method="get", **headers):
        answer = getattr(browser, method)(address_of(file, request.param), headers=headers)
        return answer.status_code, answer.headers, answer.getvalue()

    return ask


@pytest.fixture
def file(db):
    """A file of 10,240 bytes."""
    return stored(CONTENT)
