"""A file, and a browser that downloads it from the API or from the admin.

Each test runs with the files in a directory and with the files in a bucket.
"""

import pytest
from django.test import Client

from tests.download.files import CONTENT, address_of, stored
from tests.support import people


@pytest.fixture(params=["directory", "bucket"], autouse=True)
def kind(request):
    """Keep the files of jobs in a storage of this kind."""
    if request.param == "bucket":
        request.getfixturevalue("bucket")
    return request.param


@pytest.fixture(params=["api", "admin"])
def ask(request, db, kind):
    """Request a file from the API and the admin, in a session; gives status, headers, body."""
    browser = Client()
    browser.force_login(people.viewer())

    def ask(file, method="get", **headers):
        answer = getattr(browser, method)(address_of(file, request.param), headers=headers)
        return answer.status_code, answer.headers, answer.getvalue()

    return ask


@pytest.fixture
def file(db, kind):
    """A file of 10,240 bytes."""
    return stored(CONTENT)
